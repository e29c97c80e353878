import type { Category, Detection } from '@pugmark/domain';
import type { Answer, TestGateway } from './gateway.fixture';

/** A project with images to review. Its model's threshold is 0.5. */
export class Reviewing {
  private constructor(
    readonly gateway: TestGateway,
    readonly projectId: number,
    readonly deploymentId: number,
    readonly modelId: number,
  ) {}

  static async start(gateway: TestGateway): Promise<Reviewing> {
    const projectId = await gateway.project();
    return new Reviewing(gateway, projectId, await gateway.deployment(projectId), (await gateway.model()).id);
  }

  /** An image captured that many minutes after midnight. Without `detections` it is unprocessed. */
  async image(minute: number, detections?: readonly Detection[]): Promise<number> {
    const capturedLocal = new Date(Date.UTC(2026, 5, 1) + minute * 60_000).toISOString().slice(0, 19);
    const { ids } = await this.gateway.images(this.projectId, [`${minute}.jpg`], {
      deploymentId: this.deploymentId,
      capturedLocal,
    });
    if (detections !== undefined) await this.gateway.detections(ids[0]!, this.modelId, detections);
    return ids[0]!;
  }

  /** In the order of detection. */
  async detectionIds(imageId: number): Promise<number[]> {
    return (
      await this.gateway.db
        .selectFrom('detections')
        .select('id')
        .where('image_id', '=', imageId)
        .orderBy('id')
        .execute()
    ).map(({ id }) => id);
  }

  /** The effective observations in short form: `human: deer 2, fox 1`. */
  async effective(imageId: number): Promise<string> {
    const { body } = await this.gateway.get(`/images/${imageId}/review`);
    return `${body.source}: ${body.observations.map((one: { label: string; individuals: number }) => `${one.label} ${one.individuals}`).join(', ')}`;
  }

  /** The same, as the image counts have it. */
  async listed(imageId: number): Promise<string> {
    const rows = await this.gateway.db
      .selectFrom('observations')
      .select(['label', 'individuals'])
      .where('image_id', '=', imageId)
      .orderBy('label')
      .execute();
    return rows.map(({ label, individuals }) => `${label} ${individuals}`).join(', ');
  }

  set(imageId: number, observations: readonly object[], headers: Record<string, string> = {}): Promise<Answer> {
    return this.gateway.put(`/images/${imageId}/review`, { observations }, headers);
  }

  act(
    imageIds: readonly number[],
    action: object,
    more: object = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return this.gateway.post('/reviews', { projectId: this.projectId, imageIds, action, ...more }, headers);
  }

  async history(imageId: number): Promise<
    readonly {
      readonly id: number;
      readonly action: string;
      readonly isEffective: boolean;
      readonly [field: string]: unknown;
    }[]
  > {
    return (await this.gateway.get(`/images/${imageId}/history`)).body.items;
  }

  /** The id of the newest review of an image. */
  async last(imageId: number): Promise<number> {
    return (await this.history(imageId))[0]!.id;
  }
}

export function seen(label: string, confidence = 0.9, category: Category = 'animal'): Detection {
  return { category, label, confidence, box: { x: 0.25, y: 0.25, width: 0.5, height: 0.5 } };
}
