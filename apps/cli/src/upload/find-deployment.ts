import { ApiProblem, type PugmarkClient } from '@pugmark/client';
import { UsageError } from '../command';

/** Maximum names listed in an error. */
const MAX_NAMES = 20;

interface Named {
  readonly id: number;
  readonly name: string;
}

/** Finds a project by id or name. Throws a UsageError that lists the existing ones. */
export async function findProject(client: PugmarkClient, text: string): Promise<Named> {
  return find(
    'project',
    text,
    () => client.get('/api/v1/projects/{id}', { params: { path: { id: Number(text) } } }),
    () => client.all('/api/v1/projects', { params: { query: { limit: 200 } } }),
  );
}

/** Finds a deployment of a project by id or name. Throws like `findProject`. */
export async function findDeployment(client: PugmarkClient, projectId: number, text: string): Promise<Named> {
  const path = { id: projectId };
  const byId = async (): Promise<Named | null> => {
    const deployment = await client.get('/api/v1/deployments/{id}', { params: { path: { id: Number(text) } } });
    return deployment.projectId === projectId ? deployment : null;
  };
  return find('deployment', text, byId, () =>
    client.all('/api/v1/projects/{id}/deployments', { params: { path, query: { limit: 200 } } }),
  );
}

async function find(
  kind: string,
  text: string,
  byId: () => Promise<Named | null>,
  all: () => AsyncIterable<Named>,
): Promise<Named> {
  if (/^[1-9]\d{0,14}$/.test(text)) {
    const found = await byId().catch((error: unknown) => {
      if (error instanceof ApiProblem && error.status === 404) return null;
      throw error;
    });
    if (found !== null) return found;
  }
  const names: string[] = [];
  for await (const one of all()) {
    if (one.name === text) return one;
    names.push(one.name);
  }
  const available =
    names.length === 0
      ? 'there is none yet'
      : `there are: ${names.slice(0, MAX_NAMES).join(', ')}${names.length > MAX_NAMES ? ' …' : ''}`;
  throw new UsageError(`no ${kind} has the id or name '${text}'; ${available}`);
}
