import exifReader from 'exif-reader';

/** WGS 84, degrees; south and west are negative. */
export interface GpsPosition {
  readonly latitude: number;
  readonly longitude: number;
}

/** Metadata that the camera wrote. Missing or invalid values are null; nothing is guessed. */
export interface CameraMetadata {
  /** Time of the camera's own clock, `YYYY-MM-DDTHH:mm:ss`, without time zone. */
  readonly capturedLocal: string | null;
  readonly cameraMake: string | null;
  readonly cameraModel: string | null;
  readonly cameraSerial: string | null;
  readonly gps: GpsPosition | null;
}

const NO_METADATA: CameraMetadata = {
  capturedLocal: null,
  cameraMake: null,
  cameraModel: null,
  cameraSerial: null,
  gps: null,
};
const MAX_TEXT_LENGTH = 200;

/** Reads metadata from an EXIF block (or a whole TIFF file, which has the same structure). Never throws. */
export function readCameraMetadata(exif: Buffer | undefined): CameraMetadata {
  if (exif === undefined) return NO_METADATA;
  try {
    const { Image: image, Photo: photo, GPSInfo: gps } = exifReader(exif);
    return {
      capturedLocal: wallClock(exif, photo?.DateTimeOriginal) ?? wallClock(exif, photo?.DateTimeDigitized),
      cameraMake: plainText(image?.Make),
      cameraModel: plainText(image?.Model),
      cameraSerial: plainText(photo?.BodySerialNumber) ?? plainText(image?.['CameraSerialNumber']),
      gps: position(gps ?? undefined),
    };
  } catch {
    // A damaged block does not mean that the image is damaged.
    return NO_METADATA;
  }
}

/**
 * Returns the time as it is written in the block. The EXIF reader converts it to a Date, in which 31 February becomes 3
 * March and year 0 becomes 1900; so the formatted Date must occur in the block.
 */
function wallClock(exif: Buffer, value: unknown): string | null {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) return null;
  const [date, time] = value.toISOString().slice(0, 19).split('T') as [string, string];
  return exif.includes(`${date.replaceAll('-', ':')} ${time}`, 0, 'latin1') ? `${date}T${time}` : null;
}

/**
 * The EXIF reader returns text with bytes over 127 as a Buffer. Removes control characters, which Postgres (NUL) and
 * web pages do not accept.
 */
function plainText(value: unknown): string | null {
  const text = Buffer.isBuffer(value) ? value.toString('utf8') : value;
  if (typeof text !== 'string') return null;
  const plain = text
    // eslint-disable-next-line no-control-regex -- replaces control characters on purpose
    .replace(/[\u0000-\u001f\u007f\ufffd]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return plain === '' ? null : plain.slice(0, MAX_TEXT_LENGTH);
}

function position(gps: Record<string, unknown> | undefined): GpsPosition | null {
  const latitude = degrees(gps?.['GPSLatitude'], gps?.['GPSLatitudeRef'], 'N', 'S', 90);
  const longitude = degrees(gps?.['GPSLongitude'], gps?.['GPSLongitudeRef'], 'E', 'W', 180);
  if (latitude === null || longitude === null) return null;
  // Cameras with a receiver but no fix write zeros; no camera trap is in the Gulf of Guinea.
  return latitude === 0 && longitude === 0 ? null : { latitude, longitude };
}

/**
 * Converts degrees, minutes, seconds and a hemisphere. Without the hemisphere the sign is unknown, and so is the
 * position.
 */
function degrees(value: unknown, hemisphere: unknown, positive: string, negative: string, max: number): number | null {
  if (!Array.isArray(value) || typeof hemisphere !== 'string') return null;
  const letter = hemisphere.trim().toUpperCase();
  const sign = letter.startsWith(positive) ? 1 : letter.startsWith(negative) ? -1 : null;
  const [whole, minutes, seconds] = value as readonly unknown[];
  if (
    sign === null ||
    !isBetweenZeroAnd(whole, max) ||
    !isBetweenZeroAnd(minutes, 60) ||
    !isBetweenZeroAnd(seconds, 60)
  )
    return null;
  const angle = whole + minutes / 60 + seconds / 3600;
  return angle <= max ? sign * angle : null;
}

function isBetweenZeroAnd(value: unknown, max: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= max;
}
