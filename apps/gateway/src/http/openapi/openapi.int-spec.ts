import { TestGateway } from '../../testing/gateway.fixture';

describe('the OpenAPI document', () => {
  let gateway: TestGateway;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the document has no type here: it is what is tested
  let document: any;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    document = (await gateway.get('/openapi.json')).body;
  });
  afterAll(() => gateway.stop());

  it('describes a body as its DTO class does', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.components.schemas.CreateIngestBody).toEqual({
      type: 'object',
      properties: {
        projectId: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
        deploymentId: { type: ['integer', 'null'], minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
        folder: expect.objectContaining({
          type: 'string',
          minLength: 1,
          maxLength: 4_096,
          description: expect.any(String),
        }),
        mode: expect.objectContaining({ type: 'string', enum: ['reference', 'copy'], default: 'reference' }),
        detect: expect.objectContaining({ type: 'boolean', default: true }),
      },
      required: ['projectId', 'folder'],
      additionalProperties: false,
    });
  });

  it('has no null in queries, and lists the defaults and limits of pages', () => {
    const { parameters } = document.paths['/api/v1/images'].get;
    expect(parameters).toContainEqual({
      name: 'limit',
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 200, default: 25 },
    });
    for (const { schema } of parameters) expect(typeof schema.type).toBe('string');
  });

  it('gives each operation a unique name, a summary, and a scope unless it is public on purpose', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path as object));
    const names = operations.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const one of operations) {
      expect(one.summary).not.toBe('');
      expect('x-scope' in one || Array.isArray(one.security)).toBe(true);
    }
  });

  it('refers only to schemas that it contains', () => {
    const refs = [...JSON.stringify(document).matchAll(/"#\/components\/(\w+)\/([\w-]+)"/g)];
    expect(refs.length).toBeGreaterThan(50);
    for (const [, kind, name] of refs) expect(document.components[kind!]).toHaveProperty(name!);
  });

  it('is shown by Swagger UI at /docs without other hosts', async () => {
    const root = gateway.url.replace('/api/v1', '');
    const page = await (await fetch(`${root}/docs`)).text();
    const sources = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);
    expect(sources).toContain('/docs/swagger-ui-bundle.js');
    for (const path of sources) {
      const answer = await fetch(root + path);
      expect([path, answer.status]).toEqual([path, 200]);
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
      await answer.arrayBuffer();
    }
  });

  it('answers 304 while the client has the present response', async () => {
    const id = await gateway.project();
    const first = await gateway.get(`/projects/${id}`);
    const etag = String(first.headers.get('etag'));
    expect((await gateway.get(`/projects/${id}`, { 'if-none-match': etag, 'cache-control': 'max-age=0' })).status).toBe(
      304,
    );
    await gateway.patch(`/projects/${id}`, { modelId: (await gateway.model()).id });
    expect((await gateway.get(`/projects/${id}`, { 'if-none-match': etag, 'cache-control': 'max-age=0' })).status).toBe(
      200,
    );
  });
});
