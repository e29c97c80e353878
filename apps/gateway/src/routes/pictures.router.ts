import { basename, dirname } from 'node:path';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { findImage, type PictureRow } from '@pugmark/db';
import { RetryableError } from '@pugmark/domain';
import type { RenderOptions } from '@pugmark/images';
import { safeFileName } from '@pugmark/storage';
import type { GatewayDependencies, Stores } from '../dependencies';
import { parseDto } from '../dto/parse-dto';
import { OriginalQuery, RenditionQuery } from '../dto/pictures.dto';
import { notFound } from '../middleware/http-problem';
import { resource } from '../middleware/resource';
import { pathId } from '../services/path-id';
import { picturePath } from '../services/picture-path';
import { forgetFile, sendFile } from '../services/send-file';

type Parts = Pick<GatewayDependencies, 'stores' | 'pictures' | 'renditions' | 'settings'>;

/** Pixels of the longer side. */
const LONGEST_SIDES = { thumbnail: 320, preview: 1280 } as const;

/** A browser may keep pictures, but asks whether they are the same still: they are private, and their boxes change. */
const KEEP_BUT_ASK = 'private, no-cache';

/** The pictures themselves: the files as they came, and small ones for looking at. */
export function picturesRouter(parts: Parts): Router {
  const router = Router();
  resource(router, '/images/:id/original', { get: original(parts) });
  for (const [name, longestSide] of Object.entries(LONGEST_SIDES)) {
    resource(router, `/images/:id/${name}`, { get: rendition(parts, longestSide) });
  }
  return router;
}

function original({ stores, pictures, settings }: Parts): RequestHandler {
  return async (request, response) => {
    const picture = await requirePicture(stores, request);
    const { download } = parseDto(OriginalQuery, request.query);
    const path = await picturePath(picture, pictures, settings.ingestRoots);
    response.attachment(safeFileName(picture.filePath));
    if (!download) response.set('content-disposition', String(response.get('content-disposition')).replace(/^attachment/, 'inline'));
    response.set({ etag: `"${picture.sha256}"`, 'content-type': `image/${picture.format}`, 'cache-control': KEEP_BUT_ASK });
    await send(response, dirname(path), basename(path));
  };
}

function rendition({ stores, pictures, renditions, settings }: Parts, longestSide: number): RequestHandler {
  return async (request, response) => {
    const picture = await requirePicture(stores, request);
    const query = parseDto(RenditionQuery, request.query);
    const options = { longestSide, pixelLimit: settings.pixelLimit, ...(await marks(stores, picture.id, query)) };
    const hash = renditions.hashOf(picture.sha256, options);
    response.set({ etag: `"${hash}"`, 'content-type': 'image/jpeg', 'cache-control': KEEP_BUT_ASK });
    // What the client has needs not be made.
    if (request.fresh) return void response.status(304).end();
    const key = await renditions.key(hash, () => picturePath(picture, pictures, settings.ingestRoots), options).catch((error: unknown) => {
      forgetFile(response);
      throw error;
    });
    await send(response, renditions.folder, key);
  };
}

async function marks(stores: Stores, imageId: number, query: RenditionQuery): Promise<Pick<RenderOptions, 'boxes' | 'blurred'>> {
  const { boxes, blurPeople, minConfidence } = query;
  const framed = boxes ? await findImage(stores.db, imageId, minConfidence === undefined ? {} : { minConfidence }) : null;
  const all = blurPeople ? await findImage(stores.db, imageId, { minConfidence: 0 }) : null;
  return {
    boxes: framed?.detections.map(({ box, category }) => ({ box, category })) ?? [],
    blurred: all?.detections.filter(({ category }) => category === 'person').map(({ box }) => box) ?? [],
  };
}

async function requirePicture(stores: Stores, request: Request): Promise<PictureRow> {
  const id = pathId(request, 'image');
  const picture = await stores.images.picture(stores.db, id);
  if (picture === null) throw notFound(`image ${id}`);
  return picture;
}

async function send(response: Response, root: string, path: string): Promise<void> {
  try {
    await sendFile(response, root, path);
  } catch (error) {
    forgetFile(response);
    // It was there a moment ago: a sweep, or a disk that went.
    if ((error as { status?: unknown }).status === 404) throw new RetryableError('file_gone', 'the file went away just now; try again', { cause: error });
    throw error;
  }
}
