import sharp from 'sharp';

const made = new Map<number, Buffer>();

/** A picture of 16 × 16 pixels; another content for each number under 1,000,000. */
export async function tinyJpeg(number: number): Promise<Buffer> {
  let picture = made.get(number);
  if (picture === undefined) {
    const pixels = Buffer.alloc(16 * 16 * 3, 40);
    // Each digit is the grey of a block of 8 × 8 pixels or more: what JPEG does to it cannot make two numbers one.
    [...String(number).padStart(6, '0')].forEach((digit, i) =>
      pixels.fill(Number(digit) * 25 + 10, i * 128, (i + 1) * 128),
    );
    picture = await sharp(pixels, { raw: { width: 16, height: 16, channels: 3 } })
      .jpeg({ quality: 100 })
      .toBuffer();
    made.set(number, picture);
  }
  return picture;
}

/** So many bytes long: as trail cameras do, with data after the picture's end. */
export function grownTo(bytes: number, picture: Buffer): Buffer {
  return Buffer.concat([picture, Buffer.alloc(bytes - picture.length)]);
}
