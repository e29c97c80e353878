import { IsLatitude, IsLongitude, IsNumber } from 'class-validator';
import type { LocationRow } from '@pugmark/db';
import { MayBeAbsent, Optional, Text } from './decorators';

class Coordinates {
  /** WGS 84, degrees. */
  @Optional()
  @IsNumber()
  @IsLatitude()
  readonly latitude?: number | null;

  @Optional()
  @IsNumber()
  @IsLongitude()
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
