import type { LocationRow } from '@pugmark/db';
import { Degrees, MayBeAbsent, Optional, Text } from './decorators';

/** Of a location: both or none. */
export class Coordinates {
  /** WGS 84, degrees. */
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

export interface LocationResponse {
  readonly id: number;
  readonly projectId: number;
  readonly name: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly createdAt: string;
}

export function locationResponse(row: LocationRow): LocationResponse {
  const { id, project_id: projectId, name, latitude, longitude } = row;
  return { id, projectId, name, latitude, longitude, createdAt: row.created_at.toISOString() };
}
