import { Router } from 'express';
import { findImage, listImages } from '@pugmark/db';
import type { Stores } from '../dependencies';
import { ImagesQuery, imageResponse } from '../dto/images.dto';
import { afterId, pageOf } from '../dto/paging';
import { parseDto } from '../dto/parse-dto';
import { notFound } from '../middleware/http-problem';
import { resource } from '../middleware/resource';
import { pathId } from '../services/path-id';

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
      const image = await findImage(stores.db, id);
      if (image === null) throw notFound(`image ${id}`);
      response.json(imageResponse(image));
    },
  });
  return router;
}
