import { Router } from 'express';
import { pingDatabase, type ModelRow } from '@pugmark/db';
import { withDeadline } from '@pugmark/domain';
import type { GatewayDependencies } from '../dependencies';
import { resource } from '../middleware/resource';

const PING_DEADLINE_MS = 2_000;

/** Answers even when everything that it reports on is away. */
export function systemRouter({
  stores,
  cache,
  brokerStatus,
  version,
}: Pick<GatewayDependencies, 'stores' | 'cache' | 'brokerStatus' | 'version'>): Router {
  const router = Router();
  resource(router, '/system', {
    get: async (_request, response) => {
      const models = await withDeadline(
        pingDatabase(stores.db).then(() => stores.models.all(stores.db)),
        PING_DEADLINE_MS,
        'Postgres',
      ).catch(() => null);
      const { routes, ...broker } = brokerStatus();
      response.json({
        version,
        uptimeSeconds: Math.round(process.uptime()),
        // Null: unknown, the database does not answer.
        models: models?.map(modelResponse) ?? null,
        dependencies: {
          postgres: models === null ? 'down' : 'up',
          redis: cache.state(),
          broker,
        },
        // Whether work that is put on a route arrives at someone who does it, and who that is.
        routes,
      });
    },
  });
  return router;
}

function modelResponse({ id, name, version, licence, threshold }: ModelRow) {
  return { id, name, version, licence, threshold };
}
