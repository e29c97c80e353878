import exifReader from 'exif-reader';

/** WGS 84, degrees; south and west are negative. */
export interface GpsPosition {
  readonly latitude: number;
  readonly longitude: number;
}

/** What the camera wrote about itself. Anything absent or senseless is null: nothing here is ever guessed. */
export interface CameraMetadata {
  /** The camera's own clock, `YYYY-MM-DDTHH:mm:ss`, in no zone. */
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

/** Facts from an EXIF block (or from a whole TIFF file, which has the same structure). Never throws. */
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
    // A damaged block says nothing about the picture itself, which may be whole.
    return NO_METADATA;
  }
}

/**
 * The reading as it stands in the block. The reader makes a Date of it, in which 31 February becomes 3 March and year 0 is
 * 1900; so the Date, written out again, must be found in the block as it is.
 */
function wallClock(exif: Buffer, value: unknown): string | null {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) return null;
  const [date, time] = value.toISOString().slice(0, 19).split('T') as [string, string];
  return exif.includes(`${date.replaceAll('-', ':')} ${time}`, 0, 'latin1') ? `${date}T${time}` : null;
}

/** The reader answers text with bytes over 127 as a Buffer. Control characters go: Postgres takes no NUL, pages no others. */
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
  // Cameras that have a receiver but no fix write zeros; no camera trap stands in the Gulf of Guinea.
  return latitude === 0 && longitude === 0 ? null : { latitude, longitude };
}

/** Degrees, minutes and seconds with a hemisphere; without the hemisphere the sign is unknown, and so is the place. */
function degrees(value: unknown, hemisphere: unknown, positive: string, negative: string, max: number): number | null {
  if (!Array.isArray(value) || typeof hemisphere !== 'string') return null;
  const letter = hemisphere.trim().toUpperCase();
  const sign = letter.startsWith(positive) ? 1 : letter.startsWith(negative) ? -1 : null;
  const [whole, minutes, seconds] = value as readonly unknown[];
  if (sign === null || !isBetweenZeroAnd(whole, max) || !isBetweenZeroAnd(minutes, 60) || !isBetweenZeroAnd(seconds, 60)) return null;
  const angle = whole + minutes / 60 + seconds / 3600;
  return angle <= max ? sign * angle : null;
}

function isBetweenZeroAnd(value: unknown, max: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= max;
}
