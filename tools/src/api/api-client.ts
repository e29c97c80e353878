import { messageOf } from '@pugmark/domain';
import { LauncherError } from '../launcher-error';

/** The API gives numbers, but nothing here depends on that. */
export type Id = number | string;

export interface Ingest {
  readonly id: Id;
  readonly state: 'pending' | 'running' | 'done' | 'failed' | 'cancelled';
  readonly filesSeen: number;
  readonly imagesAdded: number;
  readonly duplicates: number;
  readonly skipped: number;
  readonly runId: Id | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface Run {
  readonly id: Id;
  readonly state: 'active' | 'paused' | 'done' | 'cancelled';
  readonly counts: Readonly<Record<'total' | 'waiting' | 'queued' | 'running' | 'done' | 'failed' | 'cancelled', number>>;
  readonly summary: Readonly<Record<'images' | 'blanks' | 'animals' | 'people' | 'vehicles' | 'failed' | 'marked', number>>;
  readonly engines: readonly string[];
  readonly ratePerMinute: number;
  readonly etaSeconds: number | null;
}

const DEADLINE_MS = 30_000;

export interface Export {
  readonly id: Id;
  readonly status: 'pending' | 'processing' | 'completed' | 'failed' | 'expired' | 'cancelled';
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly sha256: string | null;
  readonly downloadUrl: string | null;
}

export interface Image {
  readonly id: Id;
  readonly fileName: string;
  readonly sha256: string;
  readonly status: 'pending' | 'done' | 'failed';
  readonly warning: string | null;
  readonly detections: readonly {
    readonly category: string;
    readonly label: string;
    readonly confidence: number;
    readonly box: Readonly<Record<'x' | 'y' | 'width' | 'height', number>>;
  }[];
}

/** The calls of Pugmark's REST API that demo, bench and tests make. */
export class ApiClient {
  constructor(
    private readonly baseUrl: string,
    private readonly key: string,
    private readonly signal: AbortSignal,
  ) {}

  createProject(name: string): Promise<{ readonly id: Id }> {
    return this.#call('POST', '/projects', { name });
  }

  createDeployment(projectId: Id, deployment: { readonly name: string; readonly timezone: string; readonly locationName: string }): Promise<{ readonly id: Id }> {
    return this.#call('POST', `/projects/${projectId}/deployments`, deployment);
  }

  /** All pictures of the folder are looked at; in mode `reference` they stay where they are. */
  startIngest(
    projectId: Id,
    deploymentId: Id | undefined,
    folder: string,
    mode: 'reference' | 'copy' = 'reference',
  ): Promise<{ readonly id: Id; readonly runId: Id | null }> {
    return this.#call('POST', '/ingests', { projectId, deploymentId, folder, mode, detect: true });
  }

  ingest(id: Id): Promise<Ingest> {
    return this.#call('GET', `/ingests/${id}`);
  }

  /** What the workers compute with; null when the database does not answer. */
  async engines(): Promise<readonly { readonly name: string; readonly version: string; readonly device: string; readonly reason: string }[] | null> {
    return (await this.#call<{ engines: Awaited<ReturnType<ApiClient['engines']>> }>('GET', '/system')).engines;
  }

  run(id: Id): Promise<Run> {
    return this.#call('GET', `/runs/${id}`);
  }

  images(projectId: Id, cursor: string | null): Promise<{ readonly items: readonly Image[]; readonly nextCursor: string | null }> {
    return this.#call('GET', `/images?projectId=${projectId}&limit=200${cursor === null ? '' : `&cursor=${cursor}`}`);
  }

  startExport(projectId: Id): Promise<Export> {
    return this.#call('POST', '/exports', { projectId, format: 'csv', content: 'detections' });
  }

  export(id: Id): Promise<Export> {
    return this.#call('GET', `/exports/${id}`);
  }

  async download(id: Id): Promise<Buffer> {
    const response = await fetch(`${this.baseUrl}/api/v1/exports/${id}/download`, { headers: this.#headers(), signal: AbortSignal.timeout(DEADLINE_MS) });
    if (!response.ok) throw new ApiError(`the download of export ${id} answered ${response.status}: ${await response.text()}`);
    return Buffer.from(await response.arrayBuffer());
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.key}` };
  }

  async #call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    const what = `${method} /api/v1${path}`;
    const response = await fetch(`${this.baseUrl}/api/v1${path}`, {
      method,
      signal: AbortSignal.any([this.signal, AbortSignal.timeout(DEADLINE_MS)]),
      headers: { ...this.#headers(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
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
