import { messageOf } from '@pugmark/domain';
import { LauncherError } from '../launcher-error';

/** The API gives numbers, but nothing here depends on that. */
export type Id = number | string;

export interface Ingest {
  readonly id: Id;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly filesSeen: number;
  readonly imagesAdded: number;
  readonly duplicates: number;
  readonly skipped: number;
  readonly runId: Id | null;
  readonly error: string | null;
}

export interface Run {
  readonly id: Id;
  readonly state: 'active' | 'done' | 'cancelled';
  readonly counts: Readonly<Record<'total' | 'waiting' | 'queued' | 'running' | 'done' | 'failed' | 'cancelled', number>>;
  readonly summary: Readonly<Record<'images' | 'blanks' | 'animals' | 'people' | 'vehicles' | 'failed' | 'marked', number>>;
  readonly engines: readonly string[];
  readonly ratePerMinute: number;
  readonly etaSeconds: number | null;
}

const DEADLINE_MS = 30_000;

/** The few calls of Pugmark's REST API that the demo makes. */
export class ApiClient {
  constructor(
    private readonly baseUrl: string,
    private readonly signal: AbortSignal,
  ) {}

  createProject(name: string): Promise<{ readonly id: Id }> {
    return this.#call('POST', '/projects', { name });
  }

  createDeployment(projectId: Id, deployment: { readonly name: string; readonly timezone: string; readonly locationName: string }): Promise<{ readonly id: Id }> {
    return this.#call('POST', `/projects/${projectId}/deployments`, deployment);
  }

  /** Pictures stay where they are (`reference`) and are all looked at. */
  startIngest(projectId: Id, deploymentId: Id, folder: string): Promise<{ readonly id: Id; readonly runId: Id | null }> {
    return this.#call('POST', '/ingests', { projectId, deploymentId, folder, mode: 'reference', detect: true });
  }

  ingest(id: Id): Promise<Ingest> {
    return this.#call('GET', `/ingests/${id}`);
  }

  run(id: Id): Promise<Run> {
    return this.#call('GET', `/runs/${id}`);
  }

  async #call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    const what = `${method} /api/v1${path}`;
    const response = await fetch(`${this.baseUrl}/api/v1${path}`, {
      method,
      signal: AbortSignal.any([this.signal, AbortSignal.timeout(DEADLINE_MS)]),
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new ApiError(`${what}: ${messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error)}`, { cause: error });
    });
    const text = await response.text();
    if (!response.ok) throw new ApiError(`${what} answered ${response.status}: ${text.trim().slice(0, 500)}`);
    return JSON.parse(text) as T;
  }
}

/** A call that did not work. Whoever only looks may look again; whoever creates something passes it on. */
export class ApiError extends LauncherError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 1, options);
    this.name = 'ApiError';
  }
}
