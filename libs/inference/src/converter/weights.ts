import { io, type Tensor as TfTensor } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { PermanentError } from '@pugmark/domain';
import { tensorShape, typeNumber } from './node-defs';
import { proto, type Tensor } from './proto';

/** A weight with quantisation undone. */
export interface Weight {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number> | readonly string[];
}

/** Reads all weights by name. `specs` and `data` are a graph model's `weightSpecs` and `weightData`. */
export function readWeights(specs: readonly io.WeightsManifestEntry[], data: ArrayBuffer): Map<string, Weight> {
  const tensors = io.decodeWeights(data, [...specs]);
  const weights = new Map<string, Weight>();
  for (const [name, tensor] of Object.entries(tensors)) {
    weights.set(name, { shape: tensor.shape, values: tensor.dataSync() as Weight['values'] });
    (tensor as TfTensor).dispose();
  }
  return weights;
}

/** TensorFlow's layouts for all types of a graph model; TensorFlow.js itself has float32, int32, bool and text. */
const LAYOUTS: Readonly<Record<string, (values: ArrayLike<number>) => ArrayBufferView>> = {
  DT_FLOAT: (values) => Float32Array.from(values),
  DT_DOUBLE: (values) => Float64Array.from(values),
  DT_INT32: (values) => Int32Array.from(values),
  DT_INT64: (values) => BigInt64Array.from(Array.from(values, BigInt)),
  DT_INT16: (values) => Int16Array.from(values),
  DT_INT8: (values) => Int8Array.from(values),
  DT_UINT8: (values) => Uint8Array.from(values),
  DT_BOOL: (values) => Uint8Array.from(values),
};

/** Converts a weight to a constant of this type (`DT_FLOAT`, …). */
export function constantTensor(weight: Weight, type: string | number | undefined, name: string): Tensor {
  const number = typeNumber(type);
  const tensor = new proto.Tensor();
  tensor.setDtype(number);
  tensor.setTensorShape(tensorShape({ dim: weight.shape.map((size) => ({ size })) }));
  if (number === proto.DataType['DT_STRING']) {
    for (const value of weight.values as readonly string[])
      tensor.addStringVal(new Uint8Array(Buffer.from(value, 'utf8')));
    return tensor;
  }
  const layout = Object.entries(LAYOUTS).find(([known]) => proto.DataType[known] === number)?.[1];
  if (layout === undefined)
    throw new PermanentError('model_unsuitable', `the constant ${name} is of type ${type}, which cannot be converted`);
  const { buffer, byteOffset, byteLength } = layout(weight.values as ArrayLike<number>);
  tensor.setTensorContent(new Uint8Array(buffer, byteOffset, byteLength));
  return tensor;
}
