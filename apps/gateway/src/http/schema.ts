/** A class whose fields are described by the decorators of `dto/fields.ts`. */
export type DtoClass<T extends object = object> = new () => T;

/** JSON Schema 2020-12, the part that is used here. `$dto` stands for the schema of a class. */
export interface Schema {
  readonly $dto?: DtoClass;
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly (string | number | boolean | null)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly contentMediaType?: string;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly anyOf?: readonly Schema[];
  readonly default?: unknown;
  readonly description?: string;
}

export interface Field {
  readonly schema: Schema;
  readonly nullable: boolean;
  /** May be absent without having a default. */
  readonly optional: boolean;
}

const FIELDS = Symbol('fields');

type Described = { [FIELDS]?: Map<string, Field> };

/** Adds to the description of a field. Decorators run from the field upwards, so later calls are the upper ones. */
export function describeField(change: (field: Field) => Field): PropertyDecorator {
  return (prototype, property) => {
    const described = prototype as Described;
    if (!Object.hasOwn(described, FIELDS)) described[FIELDS] = new Map();
    const own = described[FIELDS]!;
    const name = String(property);
    own.set(name, change(own.get(name) ?? { schema: {}, nullable: false, optional: false }));
  };
}

/** The fields of a class and of its base classes, theirs first. */
export function fieldsOf(type: DtoClass): Map<string, Field> {
  const parent = Object.getPrototypeOf(type.prototype) as object;
  const inherited = parent === Object.prototype ? [] : [...fieldsOf(parent.constructor as DtoClass)];
  const own = Object.hasOwn(type.prototype as object, FIELDS) ? [...(type.prototype as Described)[FIELDS]!] : [];
  return new Map([...inherited, ...own]);
}
