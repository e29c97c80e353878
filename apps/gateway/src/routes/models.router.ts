import { Router } from 'express';
import type { Stores } from '../dependencies';
import { modelResponse } from '../dto/models.dto';
import { notFound, unprocessable } from '../middleware/http-problem';
import { resource } from '../middleware/resource';
import { pathId } from '../services/path-id';

/** What runs can be for. Models come in by `npx pugmark models add`, never over the network: a model is a program. */
export function modelsRouter(stores: Stores): Router {
  const router = Router();
  resource(router, '/models', {
    get: async (_request, response) => {
      const models = await stores.models.all(stores.db);
      response.json({ items: models.map(modelResponse), nextCursor: null });
    },
  });
  resource(router, '/models/:id', {
    get: async (request, response) => {
      response.json(modelResponse(await requireModelRow(stores, pathId(request, 'model'))));
    },
  });
  resource(router, '/models/:id/default', {
    put: [
      async (request, response) => {
        const id = pathId(request, 'model');
        const { stage } = await requireModelRow(stores, id);
        if (stage !== 'detect') throw unprocessable('not_a_detector', 'id', `model ${id} is a classifier: only a detector can be the default`);
        await stores.db.transaction().execute((tx) => stores.models.makeDefault(tx, id));
        response.json(modelResponse(await requireModelRow(stores, id)));
      },
    ],
  });
  return router;
}

async function requireModelRow(stores: Stores, id: number) {
  const row = await stores.models.find(stores.db, id);
  if (row === null) throw notFound(`model ${id}`);
  return row;
}
