import type { ReviewAction, ReviewedObservation, ObservationSelection } from '@pugmark/domain';
import { contradictingFields, type FieldError } from '../../http/http-problem';
import type { ReviewActionBody } from './review-bodies.dto';

type Field = Exclude<keyof ReviewActionBody, 'type'>;

/** The optional and required fields of each action. */
const FIELDS: Readonly<
  Record<ReviewActionBody['type'], { readonly required: readonly Field[]; readonly allowed: readonly Field[] }>
> = {
  verify: { required: [], allowed: [] },
  blank: { required: [], allowed: [] },
  withdraw: { required: [], allowed: [] },
  relabel: { required: [], allowed: ['category', 'label', 'taxonId', 'detectionId', 'of'] },
  reject: { required: [], allowed: ['detectionId', 'of'] },
  add: { required: ['observation'], allowed: ['observation'] },
  count: { required: ['individuals'], allowed: ['individuals', 'label', 'detectionId', 'of'] },
};

/** Throws a 422 that names every missing and every superfluous field of the action. */
export function assertActionFields(body: ReviewActionBody): void {
  const { required: needs, allowed: takes } = FIELDS[body.type];
  const given = (Object.keys(body) as (keyof ReviewActionBody)[]).filter(
    (name): name is Field => name !== 'type' && body[name] != null,
  );
  const errors: FieldError[] = [
    ...needs
      .filter((name) => !given.includes(name))
      .map((name) => ({ field: `action.${name}`, message: `is missing: ${body.type} needs it` })),
    ...given
      .filter((name) => !takes.includes(name))
      .map((name) => ({ field: `action.${name}`, message: `is not a field of ${body.type}` })),
  ];
  if (body.type === 'count' && body.label != null && body.of?.label != null && body.label !== body.of.label) {
    errors.push({ field: 'action.of.label', message: 'differs from action.label' });
  }
  if (errors.length > 0) throw contradictingFields(errors);
}

/** The addition of an action, as it will be stored: the new name of `relabel`, the observation of `add`. */
export interface ActionAddition {
  readonly name: Pick<ReviewedObservation, 'category' | 'label' | 'taxonId'> | null;
  readonly observation: ReviewedObservation | null;
}

/** The action of a request. `event`: the event that selected the images; its kind is meant when the body names none. */
export function actionOf(
  body: ReviewActionBody,
  event: ObservationSelection,
  { name, observation }: ActionAddition,
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
