import { pingDatabase } from '@pugmark/db';
import { withDeadline } from '@pugmark/domain';
import { jsonOf, operation, type Operation } from '../../http/operation';
import type { SystemDependencies } from './system.dependencies';
import { modelResponse } from '../models/models.dto';
import { SystemResponse } from './system.dto';
import { hideFolders } from '../../http/dto/hide-folders';

const PING_DEADLINE_MS = 2_000;

/** Answers even when everything that it reports on is down. */
export function systemRouter(deps: SystemDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/system',
      name: 'getSystem',
      summary: 'State of dependencies, engines and message routes',
      scope: 'read',
      answer: { status: 200, json: jsonOf(SystemResponse) },
      handle: () => systemState(deps),
    }),
  ];
}

async function systemState({
  db,
  models,
  engineReports,
  tasks,
  cache,
  brokerStatus,
  version,
}: SystemDependencies): Promise<SystemResponse> {
  const known = await withDeadline(
    pingDatabase(db).then(async () => ({
      models: await models.list(db),
      engines: await engineReports.listRecent(db),
      progress: await tasks.readProgress(),
    })),
    PING_DEADLINE_MS,
    'Postgres',
  ).catch(() => null);
  const { routes, ...broker } = brokerStatus();
  return {
    version,
    uptimeSeconds: Math.round(process.uptime()),
    models: known?.models.map(modelResponse) ?? null,
    engines: known?.engines.map((engine) => ({ ...engine, reason: hideFolders(engine.reason) })) ?? null,
    progress:
      known?.progress.map(({ progressedAt, ...one }) => ({ ...one, progressedAt: progressedAt.toISOString() })) ?? null,
    dependencies: { postgres: known === null ? 'down' : 'up', redis: cache.state(), broker },
    routes,
  };
}
