import type { Request, Response } from 'express';
import type { RateLimiter } from '@pugmark/cache';
import { PROJECT_RESOURCES, findProjectOf, type ProjectResource } from '@pugmark/db';
import { HttpProblem, notFound, tooManyRequests } from '../http-problem';
import type { Guard } from '../mount-operations';
import type { Scope } from '../scopes';
import { resourceOf, type Call, type Operation } from '../operation';
import type { AccessDependencies } from './access.dependencies';
import { contextOf } from '../middleware/request-context';
import type { Authenticator } from './authenticator';
import { ANYONE, type Caller } from './caller';

export interface AccessGuardOptions {
  readonly deps: Pick<AccessDependencies, 'db' | 'audit'>;
  /** Null: keys are disabled. */
  readonly authenticator: Authenticator | null;
  /** Null: no rate limit. */
  readonly limiter: RateLimiter | null;
}

/** Authorizes requests; records changes in the audit log before they are made. */
export class AccessGuard implements Guard {
  readonly #options: AccessGuardOptions;

  constructor(parts: AccessGuardOptions) {
    this.#options = parts;
  }

  /** Authenticates and authorizes before anything else of the request is read. Throws 401, 403, 429. */
  async enter(one: Operation, request: Request, response: Response): Promise<Caller> {
    const caller =
      one.scope === null || this.#options.authenticator === null
        ? ANYONE
        : await this.#options.authenticator.callerOf(request);
    await this.#assertRate(caller.keyId === null ? `address:${request.ip}` : `key:${caller.keyId}`);
    if (one.method !== 'get' && one.readOnly !== true) await this.#audit(one, caller, request, response);
    assertScope(one, caller);
    return caller;
  }

  /**
   * For a key that is bound to projects: throws 403 where the request names another project, 404 where it names a
   * resource of another one.
   */
  async assertProjects(one: Operation, { id, query, body, caller }: Call<object, unknown>): Promise<void> {
    const allowed = caller.projectIds;
    if (allowed === null || one.anyProject === true) return;
    const ofPath = id === 0 ? null : await this.#projectOfPath(one, id);
    if (ofPath !== null && !allowed.includes(ofPath)) throw notFound(`${resourceOf(one.path)} ${id}`);
    const named = [query, body]
      .map((given) => (given as { projectId?: unknown } | undefined)?.projectId)
      .filter((value): value is number => typeof value === 'number');
    for (const { resource, id: touched } of one.references?.(query) ?? [])
      named.push((await findProjectOf(this.#options.deps.db, resource, touched)) ?? 0);
    const foreign = named.find((projectId) => !allowed.includes(projectId));
    const withoutProject = ofPath === null && named.length === 0 && one.ownProjects !== true;
    if (foreign !== undefined || withoutProject) {
      throw new HttpProblem(
        403,
        'project_not_allowed',
        `this key is limited to the projects ${allowed.join(', ')}${named.length === 0 ? ': pass one as projectId where the request takes it' : ''}`,
      );
    }
  }

  /** Null where the path names no resource of a project. A missing resource is a 404. */
  async #projectOfPath(one: Operation, id: number): Promise<number | null> {
    const resource = one.path.split('/')[1]!.replaceAll('-', '_');
    if (resource === 'projects') return id;
    if (!(PROJECT_RESOURCES as readonly string[]).includes(resource)) return null;
    const projectId = await findProjectOf(this.#options.deps.db, resource as ProjectResource, id);
    if (projectId === null) throw notFound(`${resourceOf(one.path)} ${id}`);
    return projectId;
  }

  async #assertRate(caller: string): Promise<void> {
    const seconds = (await this.#options.limiter?.take(caller)) ?? 0;
    if (seconds > 0) throw tooManyRequests('rate_limited', 'too many requests', seconds);
  }

  async #audit(one: Operation, caller: Caller, request: Request, response: Response): Promise<void> {
    const { db, audit } = this.#options.deps;
    const { requestId, logger } = contextOf(response);
    const id = await audit.begin(db, {
      keyId: caller.keyId,
      operation: one.name,
      path: request.originalUrl.slice(0, 2_000),
      remoteAddress: request.ip ?? null,
      requestId,
    });
    const answered = (): void => {
      audit
        .recordResponse(db, id, response.writableFinished ? response.statusCode : 499)
        .catch((err: unknown) => logger.warn({ err }, 'could not record the outcome of a request in the audit log'));
    };
    // The client may have disconnected while the audit row was written.
    if (response.closed) answered();
    else response.once('close', answered);
  }
}

function assertScope({ scope }: Operation, caller: Caller): void {
  if (scope !== null && scope !== 'any') requireScope(caller, scope);
}

/** Throws a 403 unless the caller has the scope: for operations whose scope depends on what they act on. */
export function requireScope({ scopes }: Caller, scope: Scope): void {
  if (scopes.includes('admin') || scopes.includes(scope)) return;
  throw new HttpProblem(403, 'scope_missing', `this needs the scope "${scope}"; the key has: ${scopes.join(', ')}`);
}
