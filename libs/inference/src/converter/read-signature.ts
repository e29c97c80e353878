import { readFile } from 'node:fs/promises';
import { FatalError, messageOf } from '@pugmark/domain';
import { proto, type MetaGraphDef, type SavedModel, type SignatureDef, type TensorInfo } from './proto';

/** An input or output of a SavedModel, as the native backend expects it. */
export interface SignatureTensor {
  /** Name in the signature. */
  readonly key: string;
  /** Name in the graph, `node:0`. */
  readonly name: string;
  readonly dtype: 'float32' | 'int32' | 'bool' | 'string' | 'complex64';
  /** `DT_UINT8`, … */
  readonly tfDtype: string;
  /** -1 for a dimension of any size; empty if unknown. */
  readonly shape: number[];
}

export interface Signature {
  /** Tags of the graph in the file. */
  readonly tags: readonly string[];
  readonly inputs: readonly SignatureTensor[];
  readonly outputs: readonly SignatureTensor[];
}

const SERVING = 'serving_default';

/**
 * Reads the serving signature of a SavedModel. `path` is its `saved_model.pb`. Throws FatalError `model_missing`,
 * `model_corrupt`, `model_unsuitable`.
 */
export async function readSignature(path: string): Promise<Signature> {
  const meta = (await parse(path))
    .getMetaGraphsList()
    .find((graph) => graph.getMetaInfoDef()?.getTagsList().includes('serve'));
  if (meta === undefined) throw new FatalError('model_unsuitable', `${path} has no graph with the tag 'serve'`);
  const signature = signatureOf(meta);
  if (signature === undefined) throw new FatalError('model_unsuitable', `${path} has no signature '${SERVING}'`);
  return {
    tags: meta.getMetaInfoDef()!.getTagsList(),
    inputs: tensors(signature.getInputsMap()),
    outputs: tensors(signature.getOutputsMap()),
  };
}

/** The default signature, or the only one. */
function signatureOf(meta: MetaGraphDef): SignatureDef | undefined {
  const map = meta.getSignatureDefMap();
  const own = [...map.keys()].filter((key) => !key.startsWith('__'));
  return map.get(SERVING) ?? (own.length === 1 ? map.get(own[0]!) : undefined);
}

async function parse(path: string): Promise<SavedModel> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch (error) {
    throw new FatalError('model_missing', `the model file ${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  try {
    return proto.SavedModel.deserializeBinary(new Uint8Array(content));
  } catch (error) {
    throw new FatalError('model_corrupt', `${path} is not a SavedModel: ${messageOf(error)}`, { cause: error });
  }
}

function tensors(map: {
  keys(): IterableIterator<string>;
  get(key: string): TensorInfo | undefined;
}): SignatureTensor[] {
  return [...map.keys()].map((key) => {
    const info = map.get(key)!;
    const tfDtype =
      Object.keys(proto.DataType).find((name) => proto.DataType[name] === info.getDtype()) ?? 'DT_INVALID';
    return {
      key,
      name: info.getName(),
      dtype: jsType(tfDtype),
      tfDtype,
      shape: (info.getTensorShape()?.getDimList() ?? []).map((dim) => dim.getSize()),
    };
  });
}

/** TensorFlow.js's type for values of that type. */
function jsType(tfDtype: string): SignatureTensor['dtype'] {
  if (tfDtype === 'DT_BOOL') return 'bool';
  if (tfDtype === 'DT_STRING') return 'string';
  if (tfDtype === 'DT_COMPLEX64') return 'complex64';
  return /INT/.test(tfDtype) ? 'int32' : 'float32';
}
