import type { ReviewAction, ReviewedObservation, ObservationSelection } from '@pugmark/domain';
import { unfitFields, type FieldError } from '../../http/http-problem';
import type { ReviewActionBody } from './review-bodies.dto';

type Field = Exclude<keyof ReviewActionBody, 'type'>;

/** What each action takes, and what it cannot do without. */
const FIELDS: Readonly<
  Record<ReviewActionBody['type'], { readonly needs: readonly Field[]; readonly takes: readonly Field[] }>
> = {
  verify: { needs: [], takes: [] },
  blank: { needs: [], takes: [] },
  withdraw: { needs: [], takes: [] },
  relabel: { needs: [], takes: ['category', 'label', 'taxonId', 'detectionId', 'of'] },
  reject: { needs: [], takes: ['detectionId', 'of'] },
  add: { needs: ['observation'], takes: ['observation'] },
  count: { needs: ['individuals'], takes: ['individuals', 'label', 'detectionId', 'of'] },
};

/** Throws a 422 that names every field which the action lacks or does not know. */
export function assertFieldsFit(body: ReviewActionBody): void {
  const { needs, takes } = FIELDS[body.type];
  const given = (Object.keys(body) as (keyof ReviewActionBody)[]).filter(
    (name): name is Field => name !== 'type' && body[name] != null,
  );
  const errors: FieldError[] = [
    ...needs
      .filter((name) => !given.includes(name))
      .map((name) => ({ field: `action.${name}`, message: `is missing: ${body.type} needs it` })),
    ...given
      .filter((name) => !takes.includes(name))
      .map((name) => ({ field: `action.${name}`, message: `is nothing that ${body.type} takes` })),
  ];
  if (body.type === 'count' && body.label != null && body.of?.label != null && body.label !== body.of.label) {
    errors.push({ field: 'action.of.label', message: 'is not what action.label says' });
  }
  if (errors.length > 0) throw unfitFields(errors);
}

/** What an action brings with it, as it is to be stored: the new name of `relabel`, what `add` adds. */
export interface Brought {
  readonly name: Pick<ReviewedObservation, 'category' | 'label' | 'taxonId'> | null;
  readonly observation: ReviewedObservation | null;
}

/** What the body means. `event`: what the images were chosen by; it is meant where nothing else is said. */
export function actionOf(
  body: ReviewActionBody,
  event: ObservationSelection,
  { name, observation }: Brought,
): ReviewAction {
  const { category, label } = body.of ?? {};
  const of: ObservationSelection = {
    ...event,
    ...(category == null ? {} : { category }),
    ...(label == null ? {} : { label }),
    ...(body.detectionId == null ? {} : { detectionId: body.detectionId }),
  };
  switch (body.type) {
    case 'relabel':
      return { type: 'relabel', of, to: name! };
    case 'reject':
      return { type: 'reject', of };
    case 'count':
      return {
        type: 'count',
        of: body.label == null ? of : { ...of, label: body.label },
        individuals: body.individuals!,
      };
    case 'add':
      return { type: 'add', observation: observation! };
    default:
      return { type: body.type };
  }
}
