import sharp from 'sharp';

const made = new Map<number, Buffer>();

/** An image of 16 × 16 pixels, with different content for each number below 1,000,000. */
export async function tinyJpeg(number: number): Promise<Buffer> {
  let image = made.get(number);
  if (image === undefined) {
    const pixels = Buffer.alloc(16 * 16 * 3, 40);
    // Each digit is the grey value of a block of 8 × 8 pixels or more: JPEG artefacts cannot make two numbers equal.
    [...String(number).padStart(6, '0')].forEach((digit, i) =>
      pixels.fill(Number(digit) * 25 + 10, i * 128, (i + 1) * 128),
    );
    image = await sharp(pixels, { raw: { width: 16, height: 16, channels: 3 } })
      .jpeg({ quality: 100 })
      .toBuffer();
    made.set(number, image);
  }
  return image;
}

/** Extends an image to that many bytes, as trail cameras do, with data after its end. */
export function paddedTo(bytes: number, image: Buffer): Buffer {
  return Buffer.concat([image, Buffer.alloc(bytes - image.length)]);
}
