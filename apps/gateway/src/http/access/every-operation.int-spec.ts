import { randomUUID } from 'node:crypto';
import { newApiKey } from '@pugmark/domain';
import { resourceOf } from '../operation';
import { SCOPES } from '../scopes';
import { TestGateway } from '../../testing/gateway.fixture';
import { oneOfEach } from '../../testing/one-of-each.fixture';

interface Described {
  readonly operationId: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: Sample;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Sample }>> };
  readonly security?: readonly object[];
  readonly 'x-scope'?: string;
}

interface Sample {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly minimum?: number;
  readonly pattern?: string;
  readonly items?: Sample;
  readonly properties?: Readonly<Record<string, Sample>>;
  readonly required?: readonly string[];
}

/** Operations that belong to no project and are refused to keys bound to projects. */
const FOR_ALL_PROJECTS = ['getSystem', 'listIncidents', 'getIncident'];
/**
 * Operations that belong to no project and are allowed to keys bound to one. New operations are not, unless listed
 * here.
 */
const OF_NO_PROJECT = ['listProjects', 'listModels', 'getModel', 'getSession', 'signOut'];
const WITHOUT_KEY = ['signIn', 'getOpenApi'];

describe('every operation of the OpenAPI document', () => {
  let gateway: TestGateway;
  let routes: { readonly method: string; readonly path: string; readonly one: Described }[];
  let schemas: Readonly<Record<string, Sample>>;
  /** One resource of each kind, all in one project. */
  let ids: Readonly<Record<string, number>>;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    const { body } = await gateway.get('/openapi.json');
    schemas = body.components.schemas;
    routes = Object.entries(body.paths as Record<string, Record<string, Described>>).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, one]) => ({
        method: method.toUpperCase(),
        path: path.replace('/api/v1', ''),
        one,
      })),
    );
    ids = await oneOfEach(gateway);
  });
  afterAll(() => gateway.stop());

  const send = ({ method, path, one }: (typeof routes)[number], authorization: string, spoilt: boolean) => {
    const resource = resourceOf(path);
    const query = new URLSearchParams();
    for (const { name, in: where, schema, required } of one.parameters) {
      if (where === 'query' && (required || name in NAMED)) query.set(name, String(sample(schema, name)));
    }
    // An invalid request: refused after authorization, so nothing is changed.
    if (spoilt) query.set('not-a-parameter', '1');
    const [type, content] = Object.entries(one.requestBody?.content ?? {})[0] ?? [];
    const body =
      type === undefined
        ? {}
        : {
            headers: { authorization, ...(type === 'multipart/form-data' ? {} : { 'content-type': type }) },
            body: bodyOf(type, content!.schema),
          };
    return gateway.request(method, `${path.replace('{id}', String(ids[resource]))}?${query}`, {
      headers: { authorization },
      ...body,
    });
  };

  const NAMED: Readonly<Record<string, string>> = {
    projectId: 'project',
    deploymentId: 'deployment',
    locationId: 'location',
    runId: 'run',
    ingestId: 'ingest',
    a: 'run',
    b: 'run',
  };

  function bodyOf(type: string, schema: Sample): string | FormData {
    if (type === 'application/json') return JSON.stringify(sample(schema, ''));
    if (type === 'application/zip') return 'x';
    if (type === 'text/csv') return 'name\nRidge\n';
    const form = new FormData();
    form.set('files', new Blob(['x']), 'a.jpg');
    return form;
  }

  function sample(given: Sample, name: string): unknown {
    const schema = given.$ref === undefined ? given : schemas[given.$ref.split('/').at(-1)!]!;
    const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
    if (schema.enum !== undefined) return schema.enum[0];
    if (type === 'object') {
      const requested = Object.entries(schema.properties ?? {}).filter(
        ([field]) => schema.required?.includes(field) === true || field in NAMED,
      );
      return Object.fromEntries(requested.map(([field, value]) => [field, sample(value, field)]));
    }
    if (type === 'array') return [sample(schema.items!, name)];
    if (type === 'integer' || type === 'number') return ids[NAMED[name] ?? ''] ?? schema.minimum ?? 1;
    if (type === 'boolean') return true;
    if (schema.pattern === '^[0-9a-f]{64}$') return 'ab'.repeat(32);
    if (schema.format === 'uuid') return randomUUID();
    return name === 'timezone'
      ? 'Europe/Berlin'
      : name === 'folder'
        ? `${gateway.folder}/cards`
        : name === 'key'
          ? 'pm_x'
          : `walk ${Math.random()}`;
  }

  it('requires a key unless it is public on purpose', () => {
    expect(
      routes
        .filter(({ one }) => one.security?.length === 0)
        .map(({ one }) => one.operationId)
        .sort(),
    ).toEqual([...WITHOUT_KEY].sort());
    expect(routes.length).toBeGreaterThan(35);
  });

  it('answers 401 without a key and with a wrong, an expired or a revoked one', async () => {
    const expired = await gateway.key(['admin'], { expiresAt: new Date(Date.now() - 1_000) });
    const revoked = await gateway.key(['admin']);
    await gateway.db
      .updateTable('api_keys')
      .set({ revoked_at: new Date() })
      .where('prefix', '=', revoked.slice(0, 11))
      .execute();
    for (const route of routes.filter(({ one }) => one.security === undefined)) {
      for (const authorization of ['', `Bearer ${newApiKey().key}`, `Bearer ${expired}`, `Bearer ${revoked}`]) {
        expect([route.one.operationId, authorization, (await send(route, authorization, false)).status]).toEqual([
          route.one.operationId,
          authorization,
          401,
        ]);
      }
    }
  });

  it.each(SCOPES)('lets the scope %s do what it is for and nothing else', async (scope) => {
    const authorization = `Bearer ${await gateway.key([scope])}`;
    for (const route of routes.filter(({ one }) => one.security === undefined)) {
      const needed = route.one['x-scope'];
      const may = scope === 'admin' || needed === 'any' || needed === scope;
      const { status, body } = await send(route, authorization, true);
      expect([route.one.operationId, status, body.type]).toEqual([
        route.one.operationId,
        may ? 400 : 403,
        `urn:pugmark:problem:${may ? 'bad_request' : 'scope_missing'}`,
      ]);
    }
  });

  it('shows and changes nothing of a project for a key bound to another project', async () => {
    const other = await gateway.project();
    const authorization = `Bearer ${await gateway.key(['admin'], { projectIds: [other] })}`;
    const before = await everything();
    for (const route of routes.filter(
      ({ one }) => one.security === undefined && !OF_NO_PROJECT.includes(one.operationId),
    )) {
      const { status } = await send(route, authorization, false);
      expect([route.one.operationId, [403, 404].includes(status), status]).toEqual([
        route.one.operationId,
        true,
        status,
      ]);
    }
    expect(await everything()).toEqual(before);
    expect((await gateway.get('/projects', { authorization })).body.items.map(({ id }: { id: number }) => id)).toEqual([
      other,
    ]);
  });

  it('serves a key bound to the same project', async () => {
    const authorization = `Bearer ${await gateway.key(['read'], { projectIds: [ids['project']!] })}`;
    for (const route of routes.filter(
      ({ method, one }) => method === 'GET' && one['x-scope'] === 'read' && !FOR_ALL_PROJECTS.includes(one.operationId),
    )) {
      const { status } = await send(route, authorization, false);
      // The image file and the export file do not exist here.
      expect([route.one.operationId, status]).toEqual([
        route.one.operationId,
        /Original|Thumbnail|Preview/.test(route.one.operationId)
          ? 410
          : route.one.operationId === 'downloadExport'
            ? 409
            : 200,
      ]);
    }
  });

  async function everything(): Promise<unknown> {
    const tables = [
      'projects',
      'locations',
      'deployments',
      'taxa',
      'images',
      'runs',
      'ingests',
      'exports',
      'tasks',
      'models',
      'reviews',
      'static_detections',
    ] as const;
    return Promise.all(tables.map((table) => gateway.db.selectFrom(table).selectAll().orderBy('id').execute()));
  }
});
