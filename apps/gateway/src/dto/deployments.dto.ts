import { IsInt, Max, Min } from 'class-validator';
import type { DeploymentTimes, DeploymentWithLocation } from '@pugmark/db';
import { Instant, MayBeAbsent, Optional, Text } from './decorators';
import { Coordinates } from './locations.dto';

/** About 63 years: a camera that fell back to 1970 can still be put right. */
const LARGEST_OFFSET = 2_000_000_000;

/** Of a deployment, what may be absent when it is made and when it is corrected. */
class DeploymentFacts extends Coordinates {
  /** Seconds to add to the camera's clock to get the local time. */
  @Optional()
  @IsInt()
  @Min(-LARGEST_OFFSET)
  @Max(LARGEST_OFFSET)
  readonly clockOffsetSeconds?: number | null;

  /** Which camera stands there, as people name it. */
  @Optional()
  @Text(200)
  readonly camera?: string | null;

  /** Where it stands; a location of this name is made if the project has none. */
  @Optional()
  @Text(200)
  readonly locationName?: string | null;

  @Optional()
  @Instant()
  readonly startsAt?: Date | null;

  @Optional()
  @Instant()
  readonly endsAt?: Date | null;
}

export class CreateDeploymentBody extends DeploymentFacts {
  @Text(200)
  readonly name!: string;

  /** IANA name of the zone that the camera's clock shows, such as `Europe/Berlin`. */
  @Text(64)
  readonly timezone!: string;
}

/** What is absent stays as it is; null takes it away. A new zone or clock offset moves all images of the deployment in time. */
export class UpdateDeploymentBody extends DeploymentFacts {
  @MayBeAbsent()
  @Text(200)
  readonly name?: string;

  /** IANA name of the zone that the camera's clock shows, such as `Europe/Berlin`. */
  @MayBeAbsent()
  @Text(64)
  readonly timezone?: string;
}

export interface DeploymentResponse {
  readonly id: number;
  readonly projectId: number;
  readonly name: string;
  readonly camera: string | null;
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

/** With how the times of its images are, in images. */
export interface DeploymentDetailsResponse extends DeploymentResponse {
  readonly times: {
    readonly images: number;
    readonly withoutTime: number;
    /** Taken before the start or after the end of the deployment. */
    readonly outOfDates: number;
    /** Readings that a change of the clocks skipped, or showed twice. */
    readonly inDstGap: number;
    readonly inDstOverlap: number;
    readonly first: string | null;
    readonly last: string | null;
  };
}

export function deploymentResponse(row: DeploymentWithLocation): DeploymentResponse {
  return {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    camera: row.camera,
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

export function deploymentDetails(row: DeploymentWithLocation, times: DeploymentTimes): DeploymentDetailsResponse {
  const { images, withoutTime, outOfDates, inDstGap, inDstOverlap, first, last } = times;
  return {
    ...deploymentResponse(row),
    times: { images, withoutTime, outOfDates, inDstGap, inDstOverlap, first: first?.toISOString() ?? null, last: last?.toISOString() ?? null },
  };
}
