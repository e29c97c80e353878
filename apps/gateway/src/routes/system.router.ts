import { Router } from 'express';
import { pingDatabase } from '@pugmark/db';
import { withDeadline } from '@pugmark/domain';
import type { GatewayDependencies } from '../dependencies';
import { modelResponse } from '../dto/models.dto';
import { withoutPaths } from '../dto/without-paths';
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
      const known = await withDeadline(
        pingDatabase(stores.db).then(async () => ({ models: await stores.models.all(stores.db), engines: await stores.engineReports.fresh(stores.db) })),
        PING_DEADLINE_MS,
        'Postgres',
      ).catch(() => null);
      const { routes, ...broker } = brokerStatus();
      response.json({
        version,
        uptimeSeconds: Math.round(process.uptime()),
        // Null: unknown, the database does not answer.
        models: known?.models.map(modelResponse) ?? null,
        // What the workers compute with, and why; empty when none is up.
        engines: known?.engines.map((engine) => ({ ...engine, reason: withoutPaths(engine.reason) })) ?? null,
        dependencies: {
          postgres: known === null ? 'down' : 'up',
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
