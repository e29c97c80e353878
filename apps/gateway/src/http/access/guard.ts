import type { Request, Response } from 'express';
import type { RateLimiter } from '@pugmark/cache';
import { PROJECT_RESOURCES, findProjectOf, type ProjectResource } from '@pugmark/db';
import { HttpProblem, notFound, tooMany } from '../http-problem';
import type { Guard } from '../mount-operations';
import { resourceOf, type Call, type Operation } from '../operation';
import type { AccessDependencies } from './access.dependencies';
import { contextOf } from '../middleware/request-context';
import type { Authenticator } from './authenticator';
import { ANYONE, type Caller } from './caller';

export interface AccessParts {
  readonly deps: Pick<AccessDependencies, 'db' | 'audit'>;
  /** Null: no keys are asked for. */
  readonly authenticator: Authenticator | null;
  /** Null: as many calls as come. */
  readonly limiter: RateLimiter | null;
}

/** Whether a caller may do what a request asks for; changes are written down before they are made. */
export class AccessGuard implements Guard {
  readonly #parts: AccessParts;

  constructor(parts: AccessParts) {
    this.#parts = parts;
  }

  /** Before anything else of the request is read. Throws 401, 403, 429. */
  async enter(one: Operation, request: Request, response: Response): Promise<Caller> {
    const caller =
      one.scope === null || this.#parts.authenticator === null
        ? ANYONE
        : await this.#parts.authenticator.callerOf(request);
    await this.#assertPace(caller.keyId === null ? `address:${request.ip}` : `key:${caller.keyId}`);
    if (one.method !== 'get' && one.asks !== true) await this.#audit(one, caller, request, response);
    assertScope(one, caller);
    return caller;
  }

  /** For a key that is bound to projects: 403 where another one is named, 404 where something of another one is. */
  async assertProjects(one: Operation, { id, query, body, caller }: Call<object, unknown>): Promise<void> {
    const allowed = caller.projectIds;
    if (allowed === null || one.anyProject === true) return;
    const ofPath = id === 0 ? null : await this.#projectOfPath(one, id);
    if (ofPath !== null && !allowed.includes(ofPath)) throw notFound(`${resourceOf(one.path)} ${id}`);
    const named = [query, body]
      .map((given) => (given as { projectId?: unknown } | undefined)?.projectId)
      .filter((value): value is number => typeof value === 'number');
    for (const { resource, id: touched } of one.touches?.(query) ?? [])
      named.push((await findProjectOf(this.#parts.deps.db, resource, touched)) ?? 0);
    const foreign = named.find((projectId) => !allowed.includes(projectId));
    const ofNone = ofPath === null && named.length === 0 && one.ownProjects !== true;
    if (foreign !== undefined || ofNone) {
      throw new HttpProblem(
        403,
        'project_not_allowed',
        `this key is for the projects ${allowed.join(', ')} alone${named.length === 0 ? ': name one as projectId, where the request has it' : ''}`,
      );
    }
  }

  /** Null where the path names nothing that belongs to a project. What is not there belongs to nobody: 404. */
  async #projectOfPath(one: Operation, id: number): Promise<number | null> {
    const resource = one.path.split('/')[1]!.replaceAll('-', '_');
    if (resource === 'projects') return id;
    if (!(PROJECT_RESOURCES as readonly string[]).includes(resource)) return null;
    const projectId = await findProjectOf(this.#parts.deps.db, resource as ProjectResource, id);
    if (projectId === null) throw notFound(`${resourceOf(one.path)} ${id}`);
    return projectId;
  }

  async #assertPace(caller: string): Promise<void> {
    const seconds = (await this.#parts.limiter?.take(caller)) ?? 0;
    if (seconds > 0) throw tooMany('rate_limited', 'too many requests', seconds);
  }

  async #audit(one: Operation, caller: Caller, request: Request, response: Response): Promise<void> {
    const { db, audit } = this.#parts.deps;
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
        .answered(db, id, response.writableFinished ? response.statusCode : 499)
        .catch((err: unknown) => logger.warn({ err }, 'the audit log does not know what came of a request'));
    };
    // The client may have gone while the line was written.
    if (response.closed) answered();
    else response.once('close', answered);
  }
}

function assertScope({ scope }: Operation, { scopes }: Caller): void {
  if (scope === null || scope === 'any' || scopes.includes('admin') || scopes.includes(scope)) return;
  throw new HttpProblem(403, 'scope_missing', `this needs the scope "${scope}"; the key has: ${scopes.join(', ')}`);
}
