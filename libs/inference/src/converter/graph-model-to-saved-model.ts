import type { io } from '@tensorflow/tfjs-core';
import { PermanentError } from '@pugmark/domain';
import { openBatchDimension, openFirst } from './open-batch-dimension';
import { nodeOfInput, type GraphJson, type NodeJson, type SignatureJson, type TensorInfoJson } from './graph-json';
import { nodeDef, tensorShape, typeNumber } from './node-defs';
import { proto, type GraphDef, type SavedModel, type SignatureDef, type TensorInfo } from './proto';
import { splitFusedNodes } from './split-fused-nodes';
import { constantTensor, readWeights, type Weight } from './weights';

/** Must be incremented whenever the converter's output changes, so that stored models are converted again. */
export const CONVERTER_VERSION = 1;

/**
 * For graphs without a version of TensorFlow's graph format. TensorFlow refuses 0; this is the version of TensorFlow
 * 2.10, when the last converter of TensorFlow.js was written.
 */
const PRODUCER = 1286;

const SERVE = 'serve';
const SIGNATURE = 'serving_default';
const PREDICT = 'tensorflow/serving/predict';

export interface ConvertOptions {
  /** Opens the batch dimension of a graph that was made for one image; the result must be verified. */
  readonly openBatch: boolean;
}

/**
 * Converts a TensorFlow.js graph model to the contents of `saved_model.pb`, with its weights as constants: TensorFlow
 * runs that as one graph, instead of one operation after the other. Throws PermanentError `model_unsuitable` that names
 * what cannot be converted.
 */
export function graphModelToSavedModel(artifacts: io.ModelArtifacts, { openBatch }: ConvertOptions): Uint8Array {
  const graph = artifacts.modelTopology as GraphJson | undefined;
  if (!Array.isArray(graph?.node) || graph.node.length === 0)
    throw new PermanentError('model_unsuitable', 'this is not a TensorFlow.js graph model: it has no graph');
  if ((graph.library?.function ?? []).length > 0) {
    throw new PermanentError(
      'model_unsuitable',
      'the graph has functions (loops or branches), which cannot be converted: add the original SavedModel instead',
    );
  }
  const stored = readWeights(artifacts.weightSpecs ?? [], artifacts.weightData as ArrayBuffer);
  const { nodes, weights } = openBatch
    ? openBatchDimension(graph.node, stored)
    : { nodes: graph.node, weights: stored };
  const signature = signatureOf(artifacts.signature as SignatureJson | undefined, graph, openBatch);
  return savedModel(
    graphDef(splitFusedNodes(nodes), weights, graph.versions?.producer || PRODUCER),
    signature,
  ).serializeBinary();
}

function graphDef(nodes: readonly NodeJson[], weights: ReadonlyMap<string, Weight>, producer: number): GraphDef {
  const graph = new proto.GraphDef();
  for (const node of nodes) graph.addNode(node.op === 'Const' ? constant(node, weights) : nodeDef(node));
  const versions = new proto.VersionDef();
  versions.setProducer(producer);
  graph.setVersions(versions);
  return graph;
}

function constant(node: NodeJson, weights: ReadonlyMap<string, Weight>) {
  const weight = weights.get(node.name);
  if (weight === undefined)
    throw new PermanentError('model_unsuitable', `the constant ${node.name} has no value in the weight files`);
  return nodeDef(node, constantTensor(weight, node.attr?.['dtype']?.type, node.name));
}

/** Inputs and outputs by the model's signature; without one, all placeholders, and all nodes without successors. */
function signatureOf(json: SignatureJson | undefined, graph: GraphJson, openBatch: boolean): SignatureDef {
  const inputs = json?.inputs ?? namedAfterNodes(graph.node.filter(({ op }) => op === 'Placeholder'));
  const outputs = json?.outputs ?? namedAfterNodes(ends(graph.node));
  const signature = new proto.SignatureDef();
  signature.setMethodName(PREDICT);
  for (const [key, info] of Object.entries(inputs)) signature.getInputsMap().set(key, tensorInfo(key, info, openBatch));
  for (const [key, info] of Object.entries(outputs))
    signature.getOutputsMap().set(key, tensorInfo(key, info, openBatch));
  return signature;
}

function namedAfterNodes(nodes: readonly NodeJson[]): Record<string, TensorInfoJson> {
  return Object.fromEntries(
    nodes.map(({ name, attr }) => {
      const tensorShape = attr?.['shape']?.shape;
      return [
        name,
        {
          name,
          dtype: attr?.['dtype']?.type ?? attr?.['T']?.type ?? 'DT_FLOAT',
          ...(tensorShape === undefined ? {} : { tensorShape }),
        },
      ];
    }),
  );
}

function ends(nodes: readonly NodeJson[]): NodeJson[] {
  const used = new Set(nodes.flatMap(({ input = [] }) => input.map(nodeOfInput)));
  return nodes.filter(({ name, op }) => !used.has(name) && op !== 'Const' && op !== 'Placeholder' && op !== 'NoOp');
}

function tensorInfo(key: string, json: TensorInfoJson, openBatch: boolean): TensorInfo {
  const info = new proto.TensorInfo();
  const name = json.name ?? key;
  info.setName(name.includes(':') ? name : `${name}:0`);
  info.setDtype(typeNumber(json.dtype));
  const shape = json.tensorShape ?? { unknownRank: true };
  info.setTensorShape(tensorShape(openBatch ? openFirst(shape) : shape));
  return info;
}

function savedModel(graph: GraphDef, signature: SignatureDef): SavedModel {
  const info = new proto.MetaGraphDef.MetaInfoDef();
  info.addTags(SERVE);
  const meta = new proto.MetaGraphDef();
  meta.setMetaInfoDef(info);
  meta.setGraphDef(graph);
  meta.getSignatureDefMap().set(SIGNATURE, signature);
  const model = new proto.SavedModel();
  model.setSavedModelSchemaVersion(1);
  model.addMetaGraphs(meta);
  return model;
}
