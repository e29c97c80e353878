import { findImage, listImages, type ListedImage } from '@pugmark/db';
import { notFound } from '../api/http-problem';
import { body, jsonOf, operation, type Operation } from '../api/operation';
import type { Stores } from '../dependencies';
import { ImageResponse, ImagesQuery, UpdateImageBody, imageResponse } from '../dto/images.dto';
import { afterId, pageOf, pageTypeOf } from '../dto/paging';
import { assertOnCalendar } from '../services/assert-on-calendar';
import { requirePlace } from '../services/require';

export function imagesRouter(stores: Stores): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/images',
      name: 'listImages',
      summary: 'Images and what was found in them',
      scope: 'read',
      query: ImagesQuery,
      answer: { status: 200, json: pageTypeOf(ImageResponse) },
      problems: [422],
      handle: async ({ query: { limit, cursor, ...filter } }) => {
        const images = await listImages(stores.db, filter, afterId('images', cursor), limit + 1);
        return pageOf('images', images, limit, (image) => image.id, imageResponse);
      },
    }),
    operation({
      method: 'get',
      path: '/images/:id',
      name: 'getImage',
      summary: 'An image and what was found in it',
      scope: 'read',
      answer: { status: 200, json: jsonOf(ImageResponse) },
      handle: async ({ id }) => imageResponse(await requireImage(stores, id)),
    }),
    operation({
      method: 'patch',
      path: '/images/:id',
      name: 'updateImage',
      summary: "Corrects an image's deployment or time",
      scope: 'review',
      body: body(UpdateImageBody),
      answer: { status: 200, json: jsonOf(ImageResponse) },
      problems: [422],
      handle: async ({ id, body: { deploymentId, localTime } }) => {
        const { projectId } = await requireImage(stores, id);
        if (deploymentId != null) await requirePlace(stores, projectId, deploymentId);
        if (localTime != null) assertOnCalendar('localTime', localTime);
        const correction = { ...(deploymentId === undefined ? {} : { deploymentId }), ...(localTime === undefined ? {} : { manualLocal: localTime }) };
        await stores.db.transaction().execute((tx) => stores.images.correct(tx, id, correction));
        return imageResponse(await requireImage(stores, id));
      },
    }),
  ];
}

async function requireImage(stores: Stores, id: number): Promise<ListedImage> {
  const image = await findImage(stores.db, id);
  if (image === null) throw notFound(`image ${id}`);
  return image;
}
