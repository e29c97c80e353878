/**
 * The graph in a TensorFlow.js graph model: TensorFlow's GraphDef in the JSON form of protocol buffers (64-bit numbers
 * as text, bytes in base64), without the values of constants, which are in the weight files.
 */
export interface GraphJson {
  readonly node: readonly NodeJson[];
  readonly versions?: { readonly producer?: number };
  readonly library?: { readonly function?: readonly unknown[] };
}

export interface NodeJson {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, AttrJson>>;
}

export interface AttrJson {
  /** Base64, or an array of bytes. */
  readonly s?: BytesJson;
  readonly i?: number | string;
  readonly f?: number | string;
  readonly b?: boolean;
  /** `DT_FLOAT`, or its number. */
  readonly type?: string | number;
  readonly shape?: ShapeJson;
  readonly tensor?: { readonly dtype?: string | number; readonly tensorShape?: ShapeJson };
  readonly list?: AttrListJson;
  readonly func?: unknown;
}

export interface AttrListJson {
  readonly s?: readonly BytesJson[];
  readonly i?: readonly (number | string)[];
  readonly f?: readonly (number | string)[];
  readonly b?: readonly boolean[];
  readonly type?: readonly (string | number)[];
  readonly shape?: readonly ShapeJson[];
}

export type BytesJson = string | readonly number[];

export interface ShapeJson {
  readonly dim?: readonly { readonly size?: number | string; readonly name?: string }[];
  readonly unknownRank?: boolean;
}

export interface TensorInfoJson {
  readonly name?: string;
  readonly dtype?: string | number;
  readonly tensorShape?: ShapeJson;
}

export interface SignatureJson {
  readonly inputs?: Readonly<Record<string, TensorInfoJson>>;
  readonly outputs?: Readonly<Record<string, TensorInfoJson>>;
}

export function bytesOf(json: BytesJson): Uint8Array {
  return typeof json === 'string' ? new Uint8Array(Buffer.from(json, 'base64')) : Uint8Array.from(json);
}

export function textOf(json: BytesJson): string {
  return Buffer.from(bytesOf(json)).toString('utf8');
}

/** Node name of an input: `name` for `name:1` and `^name`. */
export function nodeOfInput(input: string): string {
  return input.replace(/^\^/, '').replace(/:\d+$/, '');
}
