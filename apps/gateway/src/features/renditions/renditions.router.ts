import { basename, dirname } from 'node:path';
import type { Response } from 'express';
import {
  findImage,
  readImageAnnotations,
  type ImageAnnotation,
  type ListedDetection,
  type DownloadableImage,
} from '@pugmark/db';
import { RetryableError, type Box } from '@pugmark/domain';
import type { RenderOptions } from '@pugmark/images';
import { safeFileName } from '@pugmark/storage';
import { notFound } from '../../http/http-problem';
import { operation, type Call, type Operation } from '../../http/operation';
import type { RenditionsDependencies } from './renditions.dependencies';
import { OriginalQuery, RenditionQuery } from './renditions.dto';
import { openImage } from './open-image';
import { removeFileHeaders, sendFile } from '../../http/send-file';

/** Browsers may cache images but must revalidate: they are private, and their boxes change. */
const CACHE_BUT_REVALIDATE = 'private, no-cache';

const WHOLE_IMAGE: Box = { x: 0, y: 0, width: 1, height: 1 };

/** The file is missing, or cannot be rendered. */
const FILE_PROBLEMS = [410, 416, 422];

/** Original files, and smaller renditions for display. */
export function renditionsRouter(deps: RenditionsDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/images/:id/original',
      name: 'getOriginal',
      summary: 'The original file, or the requested Range of it',
      scope: 'read',
      query: OriginalQuery,
      answer: { status: 200, files: ['image/jpeg', 'image/png', 'image/webp', 'image/tiff'], ranges: true },
      problems: FILE_PROBLEMS,
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
    summary: `A JPEG of at most ${longestSide} pixels on its longer side, for display`,
    scope: 'read',
    query: RenditionQuery,
    answer: { status: 200, files: ['image/jpeg'], ranges: true },
    problems: [...FILE_PROBLEMS, 507],
    handle: (call) => rendition(deps, longestSide, call),
  });
}

async function original(
  deps: RenditionsDependencies,
  { id, query, response }: Call<OriginalQuery, unknown>,
): Promise<void> {
  const image = await requireImageFile(deps, id);
  const { handle, path } = await openImage(image, deps.imageFiles, deps.settings.ingestRoots);
  response.attachment(safeFileName(image.filePath));
  if (!query.download)
    response.set('content-disposition', String(response.get('content-disposition')).replace(/^attachment/, 'inline'));
  response.set({
    etag: `"${image.sha256}"`,
    'content-type': `image/${image.format}`,
    'cache-control': CACHE_BUT_REVALIDATE,
  });
  try {
    await send(response, dirname(path), basename(path));
  } finally {
    await handle.close();
  }
}

async function rendition(
  deps: RenditionsDependencies,
  longestSide: number,
  { id, query, request, response }: Call<RenditionQuery, unknown>,
): Promise<void> {
  const image = await requireImageFile(deps, id);
  const options = { longestSide, pixelLimit: deps.settings.pixelLimit, ...(await boxesToDraw(deps, image.id, query)) };
  const renditionId = deps.renditions.idOf(image.sha256, options);
  response.set({
    etag: `"${renditionId.variant}"`,
    'content-type': 'image/jpeg',
    'cache-control': CACHE_BUT_REVALIDATE,
  });
  // The client has it: no need to render.
  if (request.fresh) return void response.status(304).end();
  const key = await deps.renditions
    .key(renditionId, () => openImage(image, deps.imageFiles, deps.settings.ingestRoots), options)
    .catch((error: unknown) => {
      removeFileHeaders(response);
      throw error;
    });
  await send(response, deps.renditions.folder, key);
}

async function boxesToDraw(
  deps: RenditionsDependencies,
  imageId: number,
  { boxes, blurPeople, minConfidence }: RenditionQuery,
): Promise<Pick<RenderOptions, 'boxes' | 'boxesToBlur'>> {
  if (!boxes && !blurPeople) return { boxes: [], boxesToBlur: [] };
  const [annotation] = await readImageAnnotations(deps.db, [imageId]);
  const found = async (from: number): Promise<readonly ListedDetection[]> =>
    (await findImage(deps.db, imageId, { minConfidence: from }))?.detections ?? [];
  return {
    boxes:
      !boxes || annotation === undefined
        ? []
        : boxesToFrame(annotation, minConfidence === undefined ? null : await found(minConfidence)),
    boxesToBlur: blurPeople
      ? personBoxes(annotation?.source === 'human' ? annotation.observations : [], await found(0))
      : [],
  };
}

/**
 * The effective observations that have a box. An annotation takes precedence over `found`, whatever its minimum
 * confidence.
 */
function boxesToFrame(
  { source, observations, machine }: ImageAnnotation,
  found: readonly ListedDetection[] | null,
): RenderOptions['boxes'] {
  if (found !== null && source !== 'human')
    return found
      .filter((one) => !one.static && one.model === machine?.model)
      .map(({ box, category }) => ({ box, category }));
  return observations.flatMap(({ box, category }) => (box === null ? [] : [{ box, category }]));
}

/**
 * The boxes to blur, erring on the safe side: everyone whom a person annotated, and everything that a model took for a
 * person, static detections too (someone who sits still for twenty images is a person as well), except what a person
 * annotated as something else. For a person without a box the whole image.
 */
function personBoxes(annotated: ImageAnnotation['observations'], found: readonly ListedDetection[]): Box[] {
  const others = new Set(
    annotated.flatMap(({ category, detectionId }) => (category === 'person' ? [] : [detectionId])),
  );
  const people = found.filter(({ id, category }) => category === 'person' && !others.has(id));
  return [
    ...people.map(({ box }) => box),
    ...annotated.filter(({ category }) => category === 'person').map(({ box }) => box ?? WHOLE_IMAGE),
  ];
}

async function requireImageFile(deps: RenditionsDependencies, id: number): Promise<DownloadableImage> {
  const image = await deps.images.findDownloadable(deps.db, id);
  if (image === null) throw notFound(`image ${id}`);
  return image;
}

async function send(response: Response, root: string, path: string): Promise<void> {
  try {
    await sendFile(response, root, path);
  } catch (error) {
    removeFileHeaders(response);
    // It existed a moment ago: it was cleaned up, or its disk was unmounted.
    if ((error as { status?: unknown }).status === 404)
      throw new RetryableError('export_file_missing', 'the file was removed just now; try again', { cause: error });
    throw error;
  }
}
