export interface TimedImage {
  readonly id: number;
  /** Time in the unit of the gap. */
  readonly at: number;
}

export interface Sequence<Image extends TimedImage> {
  readonly images: readonly [Image, ...Image[]];
  /** The sequence continues that of the images before these. */
  readonly continued: boolean;
}

/**
 * Splits images of one deployment, in chronological order, where more than `gap` lies between two. `previous` is the
 * time of the image before the first of these, or null. A sequence of more than `longest` images is split, so that a
 * camera that took an image each minute for a year does not form one list of half a million.
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
