import type { LocationRow } from '@pugmark/db';
import { About, Degrees, Id, MayBeAbsent, Optional, OrNull, Text, Time, Words } from '../../http/dto/fields';

/** Of a location: both or none. */
export class Coordinates {
  @About('WGS 84, degrees; given with the longitude or not at all.')
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

/** What is absent stays as it is; null takes it away. */
export class UpdateLocationBody extends Coordinates {
  @MayBeAbsent()
  @Text(200)
  readonly name?: string;
}

/** Of an answer: WGS 84, degrees; two numbers, or none. */
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

  @Words()
  readonly name!: string;

  @Time()
  readonly createdAt!: string;
}

export function locationResponse(row: LocationRow): LocationResponse {
  const { id, project_id: projectId, name, latitude, longitude } = row;
  return { id, projectId, name, latitude, longitude, createdAt: row.created_at.toISOString() };
}
