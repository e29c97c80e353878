import { readFile } from 'node:fs/promises';
import { FatalError, messageOf } from '@pugmark/domain';
import { proto, type MetaGraphDef, type SavedModel, type SignatureDef, type TensorInfo } from './proto';

/** One input or output of a SavedModel, as the native backend wants it described. */
export interface SignatureTensor {
  /** Its name in the signature. */
  readonly key: string;
  /** Its name in the graph, `node:0`. */
  readonly name: string;
  readonly dtype: 'float32' | 'int32' | 'bool' | 'string' | 'complex64';
  /** `DT_UINT8`, … */
  readonly tfDtype: string;
  /** -1 where any size goes; empty where nothing is known. */
  readonly shape: number[];
}

export interface Signature {
  /** Which of the file's graphs it is. */
  readonly tags: readonly string[];
  readonly inputs: readonly SignatureTensor[];
  readonly outputs: readonly SignatureTensor[];
}

const SERVING = 'serving_default';

/** The signature by which a SavedModel is served. `path` is its `saved_model.pb`. Throws FatalError `model_missing`, `model_corrupt`, `model_unsuitable`. */
export async function readSignature(path: string): Promise<Signature> {
  const meta = (await parse(path))
    .getMetaGraphsList()
    .find((graph) => graph.getMetaInfoDef()?.getTagsList().includes('serve'));
  if (meta === undefined) throw new FatalError('model_unsuitable', `${path} has no graph with the tag 'serve'`);
  const signature = signatureOf(meta);
  if (signature === undefined)
    throw new FatalError('model_unsuitable', `${path} has no signature '${SERVING}' by which it could be called`);
  return {
    tags: meta.getMetaInfoDef()!.getTagsList(),
    inputs: tensors(signature.getInputsMap()),
    outputs: tensors(signature.getOutputsMap()),
  };
}

/** The usual one, or the only one. */
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
    throw new FatalError('model_corrupt', `${path} is no SavedModel: ${messageOf(error)}`, { cause: error });
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

/** How TensorFlow.js holds values of that type. */
function jsType(tfDtype: string): SignatureTensor['dtype'] {
  if (tfDtype === 'DT_BOOL') return 'bool';
  if (tfDtype === 'DT_STRING') return 'string';
  if (tfDtype === 'DT_COMPLEX64') return 'complex64';
  return /INT/.test(tfDtype) ? 'int32' : 'float32';
}
