import { countImages, findImage, inTransaction, listImages, type Executor, type ImageDetails } from '@pugmark/db';
import { notFound } from '../../http/http-problem';
import { body, jsonOf, operation, type Operation } from '../../http/operation';
import type { ImagesDependencies } from './images.dependencies';
import {
  ImageCountResponse,
  ImageFilterQuery,
  ImageResponse,
  ListImagesQuery,
  UpdateImageBody,
  imageResponse,
} from './images.dto';
import { MissingImages, MissingImagesBody } from '../uploads/missing-images.dto';
import { afterPosition, pageOf, pageTypeOf } from '../../http/dto/paging';
import { assertOnCalendar } from '../../http/dto/assert-on-calendar';
import { imageFilter } from './image-filter';
import { assertNotBeingDeleted } from '../bulk-changes/request-deletion';
import { requireProjectAndDeployment } from '../deployments/require-deployment';
import { requireNamedProject } from '../projects/require-project';

export function imagesRouter(deps: ImagesDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/images',
      name: 'listImages',
      summary: 'Images and their detections',
      scope: 'read',
      query: ListImagesQuery,
      references: (query: ListImagesQuery) => eventOf(query),
      answer: { status: 200, json: pageTypeOf(ImageResponse) },
      problems: [422],
      heavy: true,
      handle: async ({ query: { limit, cursor, sort, ...filter } }) => {
        const list = `images ${sort}` as const;
        const after = afterPosition(list, sort.endsWith('capturedAt') ? 'string' : 'number', cursor);
        const images = await listImages(deps.db, await imageFilter(deps, filter), after, limit + 1, sort);
        return pageOf(
          list,
          images,
          limit,
          ({ position: { value, id } }) => [value, id],
          ({ image }) => imageResponse(image),
        );
      },
    }),
    operation({
      method: 'post',
      path: '/images/missing',
      name: 'findMissingImages',
      summary: 'Which of these SHA-256 the project does not have yet: what is left to upload',
      scope: 'ingest',
      readOnly: true,
      body: body(MissingImagesBody),
      answer: { status: 200, json: jsonOf(MissingImages) },
      problems: [422],
      handle: async ({ body: { projectId, sha256 } }) => {
        await requireNamedProject(deps, projectId);
        const requested = [...new Set(sha256)];
        const existing = await deps.images.findIdsByHash(
          deps.db,
          projectId,
          requested.map((hash) => Buffer.from(hash, 'hex')),
        );
        return { missing: requested.filter((hash) => !existing.has(hash)) };
      },
    }),
    operation({
      method: 'get',
      path: '/images/count',
      name: 'countImages',
      summary: 'How many images match the filters',
      scope: 'read',
      query: ImageFilterQuery,
      references: eventOf,
      answer: { status: 200, json: jsonOf(ImageCountResponse) },
      problems: [422],
      heavy: true,
      handle: async ({ query }) => countImages(deps.counts, await imageFilter(deps, query)),
    }),
    operation({
      method: 'get',
      path: '/images/:id',
      name: 'getImage',
      summary: 'An image and its detections',
      scope: 'read',
      answer: { status: 200, json: jsonOf(ImageResponse) },
      handle: async ({ id }) => imageResponse(await requireImage(deps.db, id)),
    }),
    operation({
      method: 'patch',
      path: '/images/:id',
      name: 'updateImage',
      summary: 'Corrects the deployment or time of an image',
      scope: 'review',
      body: body(UpdateImageBody),
      answer: { status: 200, json: jsonOf(ImageResponse) },
      problems: [409, 422],
      ifMatch: true,
      handle: async ({ id, body: { deploymentId, localTime }, assertMatches }) => {
        const { projectId } = await requireImage(deps.db, id);
        if (deploymentId != null) await requireProjectAndDeployment(deps, projectId, deploymentId);
        if (localTime != null) assertOnCalendar('localTime', localTime);
        const correction = {
          ...(deploymentId === undefined ? {} : { deploymentId }),
          ...(localTime === undefined ? {} : { manualLocal: localTime }),
        };
        return inTransaction(deps.db, async (tx) => {
          await deps.images.lock(tx, id, correction);
          if (deploymentId != null) await assertNotBeingDeleted(tx, deps, projectId, deploymentId);
          assertMatches(imageResponse(await requireImage(tx, id)));
          await deps.images.correct(tx, id, correction);
          return imageResponse(await requireImage(tx, id));
        });
      },
    }),
  ];
}

function eventOf({ eventId }: ImageFilterQuery): { readonly resource: 'events'; readonly id: number }[] {
  return eventId === undefined ? [] : [{ resource: 'events', id: eventId }];
}

async function requireImage(db: Executor, id: number): Promise<ImageDetails> {
  const image = await findImage(db, id);
  if (image === null) throw notFound(`image ${id}`);
  return image;
}
