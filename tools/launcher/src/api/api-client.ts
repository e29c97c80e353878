import { PugmarkClient, type Schemas } from '@pugmark/client';

export type Ingest = Schemas['IngestResponse'];
export type Run = Schemas['RunResponse'];
export type Export = Schemas['ExportResponse'];
export type Image = Schemas['ImageResponse'];

/** The calls of the REST API that the demo, the benches and the system tests make. */
export class ApiClient {
  readonly #client: PugmarkClient;

  constructor(url: string, key: string, signal: AbortSignal) {
    this.#client = new PugmarkClient({ url, key, signal });
  }

  createProject(name: string): Promise<Schemas['ProjectResponse']> {
    return this.#client.post('/api/v1/projects', { body: { name } });
  }

  createDeployment(
    projectId: number,
    deployment: Schemas['CreateDeploymentBody'],
  ): Promise<Schemas['DeploymentResponse']> {
    return this.#client.post('/api/v1/projects/{id}/deployments', {
      params: { path: { id: projectId } },
      body: deployment,
    });
  }

  /**
   * Starts to ingest a folder and to run the detector on its images; in mode `reference` the files stay where they are.
   */
  startIngest(
    projectId: number,
    deploymentId: number | undefined,
    folder: string,
    mode: 'reference' | 'copy' = 'reference',
  ): Promise<Schemas['IngestAccepted']> {
    return this.#client.post('/api/v1/ingests', { body: { projectId, deploymentId, folder, mode, detect: true } });
  }

  ingest(id: number): Promise<Ingest> {
    return this.#client.get('/api/v1/ingests/{id}', { params: { path: { id } } });
  }

  /** The inference engines of the workers; null when the database does not answer. */
  async engines(): Promise<Schemas['SystemResponse']['engines']> {
    return (await this.#client.get('/api/v1/system')).engines;
  }

  run(id: number): Promise<Run> {
    return this.#client.get('/api/v1/runs/{id}', { params: { path: { id } } });
  }

  /** Lists every image of a project. */
  images(projectId: number): AsyncIterable<Image> {
    return this.#client.all('/api/v1/images', { params: { query: { projectId, limit: 200 } } });
  }

  startExport(projectId: number): Promise<Export> {
    return this.#client.post('/api/v1/exports', { body: { projectId, format: 'csv', content: 'detections' } });
  }

  export(id: number): Promise<Export> {
    return this.#client.get('/api/v1/exports/{id}', { params: { path: { id } } });
  }

  async download(id: number): Promise<Buffer> {
    const file = await this.#client.get('/api/v1/exports/{id}/download', { params: { path: { id } } });
    return Buffer.from(await file.arrayBuffer());
  }
}
