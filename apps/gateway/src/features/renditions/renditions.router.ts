import { basename, dirname } from 'node:path';
import type { Response } from 'express';
import { findImage, readWords, type ImageWord, type ListedDetection, type PictureRow } from '@pugmark/db';
import { RetryableError, type Box } from '@pugmark/domain';
import type { RenderOptions } from '@pugmark/images';
import { safeFileName } from '@pugmark/storage';
import { notFound } from '../../http/http-problem';
import { operation, type Call, type Operation } from '../../http/operation';
import type { RenditionsDependencies } from './renditions.dependencies';
import { OriginalQuery, RenditionQuery } from './renditions.dto';
import { picturePath } from './image-path';
import { forgetFile, sendFile } from '../../http/send-file';

/** A browser may keep pictures, but asks whether they are the same still: they are private, and their boxes change. */
const KEEP_BUT_ASK = 'private, no-cache';

const WHOLE_PICTURE: Box = { x: 0, y: 0, width: 1, height: 1 };

/** The file went, or it cannot be drawn. */
const PICTURE_PROBLEMS = [410, 416, 422];

/** The pictures themselves: the files as they came, and small ones for looking at. */
export function picturesRouter(deps: RenditionsDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/images/:id/original',
      name: 'getOriginal',
      summary: 'The file as it came, or the part of it that Range asks for',
      scope: 'read',
      query: OriginalQuery,
      answer: { status: 200, files: ['image/jpeg', 'image/png', 'image/webp', 'image/tiff'], ranges: true },
      problems: PICTURE_PROBLEMS,
      handle: (call) => original(deps, call),
    }),
    renditionOperation(deps, 'thumbnail', 320, 'getThumbnail'),
    renditionOperation(deps, 'preview', 1280, 'getPreview'),
  ];
}

function renditionOperation(
  deps: RenditionsDependencies,
  size: 'thumbnail' | 'preview',
  longestSide: number,
  name: string,
): Operation {
  return operation({
    method: 'get',
    path: `/images/:id/${size}`,
    name,
    summary: `A JPEG of at most ${longestSide} pixels on its longer side, for looking at`,
    scope: 'read',
    query: RenditionQuery,
    answer: { status: 200, files: ['image/jpeg'], ranges: true },
    problems: [...PICTURE_PROBLEMS, 507],
    handle: (call) => rendition(deps, longestSide, call),
  });
}

async function original(
  deps: RenditionsDependencies,
  { id, query, response }: Call<OriginalQuery, unknown>,
): Promise<void> {
  const picture = await requirePicture(deps, id);
  const path = await picturePath(picture, deps.imageFiles, deps.settings.ingestRoots);
  response.attachment(safeFileName(picture.filePath));
  if (!query.download)
    response.set('content-disposition', String(response.get('content-disposition')).replace(/^attachment/, 'inline'));
  response.set({
    etag: `"${picture.sha256}"`,
    'content-type': `image/${picture.format}`,
    'cache-control': KEEP_BUT_ASK,
  });
  await send(response, dirname(path), basename(path));
}

async function rendition(
  deps: RenditionsDependencies,
  longestSide: number,
  { id, query, request, response }: Call<RenditionQuery, unknown>,
): Promise<void> {
  const picture = await requirePicture(deps, id);
  const options = { longestSide, pixelLimit: deps.settings.pixelLimit, ...(await marks(deps, picture.id, query)) };
  const hash = deps.renditions.hashOf(picture.sha256, options);
  response.set({ etag: `"${hash}"`, 'content-type': 'image/jpeg', 'cache-control': KEEP_BUT_ASK });
  // What the client has needs not be made.
  if (request.fresh) return void response.status(304).end();
  const key = await deps.renditions
    .key(hash, () => picturePath(picture, deps.imageFiles, deps.settings.ingestRoots), options)
    .catch((error: unknown) => {
      forgetFile(response);
      throw error;
    });
  await send(response, deps.renditions.folder, key);
}

async function marks(
  deps: RenditionsDependencies,
  imageId: number,
  { boxes, blurPeople, minConfidence }: RenditionQuery,
): Promise<Pick<RenderOptions, 'boxes' | 'blurred'>> {
  if (!boxes && !blurPeople) return { boxes: [], blurred: [] };
  const [word] = await readWords(deps.db, [imageId]);
  const found = async (from: number): Promise<readonly ListedDetection[]> =>
    (await findImage(deps.db, imageId, { minConfidence: from }))?.detections ?? [];
  return {
    boxes:
      !boxes || word === undefined ? [] : framed(word, minConfidence === undefined ? null : await found(minConfidence)),
    blurred: blurPeople ? blurred(word?.source === 'human' ? word.observations : [], await found(0)) : [],
  };
}

/** What counts and has a place; the human's word wins whatever `found`, from another confidence on than usual, is. */
function framed(
  { source, observations, machine }: ImageWord,
  found: readonly ListedDetection[] | null,
): RenderOptions['boxes'] {
  if (found !== null && source !== 'human')
    return found
      .filter((one) => !one.static && one.model === machine?.model)
      .map(({ box, category }) => ({ box, category }));
  return observations.flatMap(({ box, category }) => (box === null ? [] : [{ box, category }]));
}

/**
 * On the safe side: whoever a person says is there, and whatever any model may have taken for a person, static ones too (who sits still for twenty
 * pictures is a person as well), but for what a person says is something else. Of someone without a place the whole picture.
 */
function blurred(said: ImageWord['observations'], found: readonly ListedDetection[]): Box[] {
  const others = new Set(said.flatMap(({ category, detectionId }) => (category === 'person' ? [] : [detectionId])));
  const people = found.filter(({ id, category }) => category === 'person' && !others.has(id));
  return [
    ...people.map(({ box }) => box),
    ...said.filter(({ category }) => category === 'person').map(({ box }) => box ?? WHOLE_PICTURE),
  ];
}

async function requirePicture(deps: RenditionsDependencies, id: number): Promise<PictureRow> {
  const picture = await deps.images.picture(deps.db, id);
  if (picture === null) throw notFound(`image ${id}`);
  return picture;
}

async function send(response: Response, root: string, path: string): Promise<void> {
  try {
    await sendFile(response, root, path);
  } catch (error) {
    forgetFile(response);
    // It was there a moment ago: a sweep, or a disk that went.
    if ((error as { status?: unknown }).status === 404)
      throw new RetryableError('file_gone', 'the file went away just now; try again', { cause: error });
    throw error;
  }
}
