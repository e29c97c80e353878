import type { ProjectRow } from '@pugmark/db';
import { Text } from './decorators';

export class CreateProjectBody {
  @Text(200)
  readonly name!: string;
}

export interface ProjectResponse {
  readonly id: number;
  readonly name: string;
  readonly createdAt: string;
}

export function projectResponse(row: ProjectRow): ProjectResponse {
  return { id: row.id, name: row.name, createdAt: row.created_at.toISOString() };
}
