export interface TimedImage {
  readonly id: number;
  /** In the unit of the gap, whichever it is. */
  readonly at: number;
}

export interface Sequence<Image extends TimedImage> {
  readonly images: readonly [Image, ...Image[]];
  /** The sequence goes on from the images before these. */
  readonly continued: boolean;
}

/**
 * Parts images of one deployment, given in order of time, where more than `gap` lies between one and the next. `previous` is the time
 * of the image before the first of these, null where there is none. A sequence of more than `longest` images comes in parts, so that
 * a camera that took a picture each minute for a year is not one list of half a million.
 */
export function cutSequences<Image extends TimedImage>(
  images: readonly Image[],
  { gap, longest, previous }: { readonly gap: number; readonly longest: number; readonly previous: number | null },
): Sequence<Image>[] {
  const sequences: { images: [Image, ...Image[]]; continued: boolean }[] = [];
  let before = previous;
  for (const image of images) {
    const continued = before !== null && image.at - before <= gap;
    const current = sequences.at(-1);
    if (continued && current !== undefined && current.images.length < longest) current.images.push(image);
    else sequences.push({ images: [image], continued });
    before = image.at;
  }
  return sequences;
}
