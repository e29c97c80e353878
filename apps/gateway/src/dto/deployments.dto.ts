import { IsInt, IsLatitude, IsLongitude, IsNumber, Max, Min } from 'class-validator';
import type { DeploymentWithLocation } from '@pugmark/db';
import { Instant, Optional, Text } from './decorators';

/** About 63 years: a camera that fell back to 1970 can still be put right. */
const LARGEST_OFFSET = 2_000_000_000;

export class CreateDeploymentBody {
  @Text(200)
  readonly name!: string;

  /** IANA name of the zone that the camera's clock shows, such as `Europe/Berlin`. */
  @Text(64)
  readonly timezone!: string;

  /** Seconds to add to the camera's clock to get the local time. */
  @Optional()
  @IsInt()
  @Min(-LARGEST_OFFSET)
  @Max(LARGEST_OFFSET)
  readonly clockOffsetSeconds?: number | null;

  @Optional()
  @Text(200)
  readonly locationName?: string | null;

  /** WGS 84, degrees. */
  @Optional()
  @IsNumber()
  @IsLatitude()
  readonly latitude?: number | null;

  @Optional()
  @IsNumber()
  @IsLongitude()
  readonly longitude?: number | null;

  @Optional()
  @Instant()
  readonly startsAt?: Date | null;

  @Optional()
  @Instant()
  readonly endsAt?: Date | null;
}

export interface DeploymentResponse {
  readonly id: number;
  readonly projectId: number;
  readonly name: string;
  readonly timezone: string;
  readonly clockOffsetSeconds: number;
  readonly locationId: number | null;
  readonly locationName: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly startsAt: string | null;
  readonly endsAt: string | null;
  readonly createdAt: string;
}

export function deploymentResponse(row: DeploymentWithLocation): DeploymentResponse {
  return {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    timezone: row.timezone,
    clockOffsetSeconds: row.clock_offset_seconds,
    locationId: row.location_id,
    locationName: row.location_name,
    latitude: row.latitude,
    longitude: row.longitude,
    startsAt: row.starts_at?.toISOString() ?? null,
    endsAt: row.ends_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
  };
}
