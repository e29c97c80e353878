import { crc32 } from 'node:zlib';

/** Ways in which a file can be damaged between the camera and the server. */
export const DAMAGES = ['bytes flipped', 'cut', 'header changed', 'giant dimensions'] as const;
export type Damage = (typeof DAMAGES)[number];

/** Returns a damaged copy of the image; `random` returns numbers in [0, 1). */
export function damageImage(image: Buffer, damage: Damage, random: () => number): Buffer {
  const copy = Buffer.from(image);
  const at = (from: number, to: number): number => from + Math.floor(random() * (to - from));
  switch (damage) {
    case 'bytes flipped':
      for (let n = at(1, 40); n > 0; n -= 1) copy[at(20, copy.length)]! ^= 1 << at(0, 8);
      return copy;
    case 'cut':
      return copy.subarray(0, at(1, copy.length));
    case 'header changed':
      for (let n = at(1, 8); n > 0; n -= 1) copy[at(0, 64)] = at(0, 256);
      return copy;
    case 'giant dimensions':
      return setGiantSize(copy, at(20_000, 65_535));
  }
}

/** Sets the size in the header of a JPEG or PNG to a giant one. */
function setGiantSize(image: Buffer, side: number): Buffer {
  if (image[0] === 0x89) {
    // IHDR: length, type, width, height, …, its CRC over type and data (PNG specification, 11.2.2).
    image.writeUInt32BE(side * 7, 16);
    image.writeUInt32BE(side * 5, 20);
    image.writeUInt32BE(crc32(image.subarray(12, 29)), 29);
    return image;
  }
  // SOF0 or SOF2: marker, length, precision, height, width (ITU-T T.81, B.2.2).
  for (let at = 2; at + 9 < image.length && image[at] === 0xff; at += 2 + image.readUInt16BE(at + 2)) {
    if (image[at + 1] !== 0xc0 && image[at + 1] !== 0xc2) continue;
    image.writeUInt16BE(side, at + 5);
    image.writeUInt16BE(side, at + 7);
    return image;
  }
  return image;
}
