import { Router } from 'express';
import { findImage, listImages, type ListedImage } from '@pugmark/db';
import type { Stores } from '../dependencies';
import { ImagesQuery, UpdateImageBody, imageResponse } from '../dto/images.dto';
import { afterId, pageOf } from '../dto/paging';
import { parseDto } from '../dto/parse-dto';
import { notFound } from '../middleware/http-problem';
import { jsonBody } from '../middleware/json-body';
import { resource } from '../middleware/resource';
import { pathId } from '../services/path-id';
import { requirePlace } from '../services/require';

export function imagesRouter(stores: Stores): Router {
  const router = Router();
  resource(router, '/images', {
    get: async (request, response) => {
      const { limit, cursor, ...filter } = parseDto(ImagesQuery, request.query);
      const images = await listImages(stores.db, filter, afterId('images', cursor), limit + 1);
      response.json(pageOf('images', images, limit, (image) => image.id, imageResponse));
    },
  });
  resource(router, '/images/:id', {
    get: async (request, response) => {
      const id = pathId(request, 'image');
      response.json(imageResponse(await requireImage(stores, id)));
    },
    patch: [
      ...jsonBody,
      async (request, response) => {
        const id = pathId(request, 'image');
        const { deploymentId, localTime } = parseDto(UpdateImageBody, request.body as object);
        const { projectId } = await requireImage(stores, id);
        if (deploymentId != null) await requirePlace(stores, projectId, deploymentId);
        const correction = { ...(deploymentId === undefined ? {} : { deploymentId }), ...(localTime === undefined ? {} : { manualLocal: localTime }) };
        await stores.db.transaction().execute((tx) => stores.images.correct(tx, id, correction));
        response.json(imageResponse(await requireImage(stores, id)));
      },
    ],
  });
  return router;
}

async function requireImage(stores: Stores, id: number): Promise<ListedImage> {
  const image = await findImage(stores.db, id);
  if (image === null) throw notFound(`image ${id}`);
  return image;
}
