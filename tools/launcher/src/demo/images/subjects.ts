import sharp from 'sharp';

export type SubjectName = 'cat' | 'cat-left' | 'woman' | 'friend' | 'walker';

export interface SubjectSources {
  /** cat-picture's cat.jpg, 800 × 1042. */
  readonly cat: string;
  /** @vladmandic/human's assets/samples.jpg, 1280 × 1158. */
  readonly people: string;
}

/** Outlines in pixels of the source, traced by hand. */
const OUTLINES = {
  cat: '413,216 392,280 413,320 360,376 272,464 224,560 200,656 189,704 96,701 24,752 13,816 48,872 112,867 192,808 304,803 400,803 480,808 552,808 608,792 632,800 712,792 704,760 672,720 680,608 728,528 755,464 736,336 696,280 640,248 605,264 584,219 552,240 480,237 464,240',
  woman:
    '327,481 296,501 288,532 289,564 299,576 286,595 268,626 261,664 252,711 258,732 255,764 258,795 252,839 254,895 261,951 283,1001 302,1045 296,1086 302,1114 330,1114 364,1095 378,1039 358,1008 355,970 349,939 377,858 385,829 380,770 377,739 391,695 386,658 375,604 358,586 358,545 358,508 346,488',
  friend:
    '700,511 672,533 653,605 653,661 669,686 669,742 670,792 659,868 661,911 688,931 695,980 709,1018 688,1043 697,1074 731,1077 755,1024 741,992 736,943 747,936 756,868 775,780 763,721 750,693 769,649 766,608 744,583 743,536 722,511',
  walker:
    '77,2 70,8 71,18 76,24 66,31 63,45 40,64 28,75 31,78 44,68 65,54 68,58 64,80 66,98 69,100 71,130 73,143 66,152 72,155 79,147 80,154 88,155 93,147 91,140 94,115 94,98 94,80 89,58 92,44 105,56 118,68 121,82 125,81 118,64 104,46 97,32 88,27 88,10 84,3',
} as const;

/** Cuts out each subject with soft edges, trimmed to its outline. */
export async function cutOutSubjects(sources: SubjectSources): Promise<Readonly<Record<SubjectName, Buffer>>> {
  const cat = await cutOut(sources.cat, OUTLINES.cat, 3);
  return {
    cat,
    'cat-left': await sharp(cat).flop().png().toBuffer(),
    woman: await cutOut(sources.people, OUTLINES.woman, 1.2),
    friend: await cutOut(sources.people, OUTLINES.friend, 1.2),
    walker: await cutOut(sources.people, OUTLINES.walker, 0.6),
  };
}

async function cutOut(file: string, outline: string, softness: number): Promise<Buffer> {
  const { width, height } = await sharp(file).metadata();
  const polygon = `<polygon points="${outline}" fill="#fff"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${polygon}</svg>`;
  const mask = await sharp(Buffer.from(svg)).blur(softness).png().toBuffer();
  const cut = await sharp(file)
    .ensureAlpha()
    .composite([{ input: mask, blend: 'dest-in' }])
    .png()
    .toBuffer();
  const points = outline.split(' ').map((point) => point.split(',').map(Number) as [number, number]);
  const margin = Math.ceil(softness * 2);
  const left = Math.max(0, Math.min(...points.map(([x]) => x)) - margin);
  const top = Math.max(0, Math.min(...points.map(([, y]) => y)) - margin);
  const right = Math.min(width, Math.max(...points.map(([x]) => x)) + margin);
  const bottom = Math.min(height, Math.max(...points.map(([, y]) => y)) + margin);
  return sharp(cut)
    .extract({ left, top, width: right - left, height: bottom - top })
    .png()
    .toBuffer();
}
