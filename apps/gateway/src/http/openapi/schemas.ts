import { fieldsOf, type DtoClass, type Field, type Schema } from '../schema';

/** Collects the schemas of DTO classes by name: `components.schemas`. */
export class Schemas {
  readonly #types = new Map<string, DtoClass>();
  readonly #schemas = new Map<string, Schema>();

  /** Returns a reference to the schema of a class and records the schema. */
  refTo(type: DtoClass): Schema {
    const known = this.#types.get(type.name);
    if (known !== undefined && known !== type) throw new Error(`two DTO classes are called ${type.name}`);
    if (known === undefined) {
      this.#types.set(type.name, type);
      this.#schemas.set(type.name, this.#objectOf(type));
    }
    return { $ref: `#/components/schemas/${type.name}` };
  }

  /** Replaces the classes in a schema by references. */
  resolve(schema: Schema): Schema {
    const { $dto, items, additionalProperties, properties, ...rest } = schema;
    return {
      ...($dto === undefined ? {} : this.refTo($dto)),
      ...rest,
      ...(items === undefined ? {} : { items: this.resolve(items) }),
      ...(properties === undefined
        ? {}
        : {
            properties: Object.fromEntries(
              Object.entries(properties).map(([name, value]) => [name, this.resolve(value)]),
            ),
          }),
      ...(additionalProperties === undefined
        ? {}
        : {
            additionalProperties:
              typeof additionalProperties === 'object' ? this.resolve(additionalProperties) : additionalProperties,
          }),
    };
  }

  all(): Record<string, Schema> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => a.localeCompare(b)));
  }

  #objectOf(type: DtoClass): Schema {
    const defaults = new type() as Record<string, unknown>;
    const fields = [...fieldsOf(type)];
    const required = fields
      .filter(([name, field]) => !field.optional && defaults[name] === undefined)
      .map(([name]) => name);
    return {
      type: 'object',
      properties: Object.fromEntries(
        fields.map(([name, field]) => [name, withDefault(orNull(this.resolve(field.schema), field), defaults[name])]),
      ),
      ...(required.length === 0 ? {} : { required }),
      additionalProperties: false,
    };
  }
}

/** The fields of a query class as parameters; queries cannot express null. */
export function queryParameters(
  type: DtoClass,
): { readonly name: string; readonly required: boolean; readonly schema: Schema }[] {
  const defaults = new type() as Record<string, unknown>;
  return [...fieldsOf(type)].map(([name, { schema, optional }]) => ({
    name,
    required: !optional && defaults[name] === undefined,
    schema: withDefault(schema, defaults[name]),
  }));
}

function withDefault(schema: Schema, value: unknown): Schema {
  return value === undefined ? schema : { ...schema, default: JSON.parse(JSON.stringify(value)) as unknown };
}

function orNull(schema: Schema, { nullable }: Field): Schema {
  if (!nullable) return schema;
  const { description, ...rest } = schema;
  const about = description === undefined ? {} : { description };
  if (typeof rest.type !== 'string') return { anyOf: [rest, { type: 'null' }], ...about };
  return {
    ...rest,
    type: [rest.type, 'null'],
    ...(rest.enum === undefined ? {} : { enum: [...rest.enum, null] }),
    ...about,
  };
}
