import type { LocationRow } from '@pugmark/db';
import {
  Description,
  Degrees,
  Id,
  OptionalNotNull,
  Optional,
  OrNull,
  Text,
  Time,
  AnyText,
} from '../../http/dto/fields';

/** Latitude and longitude: both or none. */
export class Coordinates {
  @Description('WGS 84, degrees; requires the longitude.')
  @Optional()
  @Degrees(90)
  readonly latitude?: number | null;

  @Optional()
  @Degrees(180)
  readonly longitude?: number | null;
}

export class CreateLocationBody extends Coordinates {
  @Text(200)
  readonly name!: string;
}

/** Absent fields stay unchanged; null clears a field. */
export class UpdateLocationBody extends Coordinates {
  @OptionalNotNull()
  @Text(200)
  readonly name?: string;
}

/** Response field: WGS 84, degrees; both numbers, or none. */
export class PlaceResponse {
  @OrNull()
  @Degrees(90)
  readonly latitude!: number | null;

  @OrNull()
  @Degrees(180)
  readonly longitude!: number | null;
}

export class LocationResponse extends PlaceResponse {
  @Id()
  readonly id!: number;

  @Id()
  readonly projectId!: number;

  @AnyText()
  readonly name!: string;

  @Time()
  readonly createdAt!: string;
}

export function locationResponse(row: LocationRow): LocationResponse {
  const { id, project_id: projectId, name, latitude, longitude } = row;
  return { id, projectId, name, latitude, longitude, createdAt: row.created_at.toISOString() };
}
