import { PermanentError } from '@pugmark/domain';
import { textOf, type AttrJson, type NodeJson } from './graph-json';

/** First operation of each fused node, and the attributes that it takes. */
const BASES: Readonly<Record<string, { readonly op: string; readonly attrs: readonly string[] }>> = {
  _FusedConv2D: {
    op: 'Conv2D',
    attrs: ['T', 'strides', 'use_cudnn_on_gpu', 'padding', 'explicit_paddings', 'data_format', 'dilations'],
  },
  FusedDepthwiseConv2dNative: {
    op: 'DepthwiseConv2dNative',
    attrs: ['T', 'strides', 'padding', 'explicit_paddings', 'data_format', 'dilations'],
  },
  _FusedMatMul: { op: 'MatMul', attrs: ['T', 'transpose_a', 'transpose_b'] },
};

/** Activations with an operation of the same name and one input. */
const ACTIVATIONS = new Set(['Relu', 'Relu6', 'Elu', 'Sigmoid', 'Tanh', 'LeakyRelu', 'Softplus', 'Selu']);

/**
 * Splits fused nodes into operations that TensorFlow has for every device. TensorFlow.js fuses a convolution with its
 * successors into nodes that TensorFlow does not know (`FusedDepthwiseConv2dNative`, `Prelu`) or has only for some
 * devices and activations (`_FusedConv2D`, `_FusedMatMul`). TensorFlow's own optimiser fuses them again when it loads
 * the graph.
 */
export function splitFusedNodes(nodes: readonly NodeJson[]): NodeJson[] {
  return nodes.flatMap((node) => {
    if (node.op in BASES) return splitFused(node);
    return node.op === 'Prelu'
      ? prelu(node.name, node.input?.[0] ?? '', node.input?.[1] ?? '', node.attr?.['T'] ?? FLOAT)
      : [node];
  });
}

const FLOAT: AttrJson = { type: 'DT_FLOAT' };

function splitFused(node: NodeJson): NodeJson[] {
  const { op, attrs } = BASES[node.op]!;
  const [left = '', right = '', ...args] = (node.input ?? []).filter((input) => !input.startsWith('^'));
  const controls = (node.input ?? []).filter((input) => input.startsWith('^'));
  const steps = (node.attr?.['fused_ops']?.list?.s ?? []).map(textOf);
  const parts: NodeJson[] = [
    { name: `${node.name}/${op}`, op, input: [left, right, ...controls], attr: pick(node.attr ?? {}, attrs) },
  ];
  for (const step of steps) parts.push(...following(step, parts.at(-1)!.name, args, node));
  // The last part keeps the name that other nodes reference.
  const last = parts.at(-1)!;
  return [...parts.slice(0, -1), { ...last, name: node.name }];
}

/** Creates the nodes of one fused step; takes its inputs from `args`. */
function following(step: string, input: string, args: string[], node: NodeJson): NodeJson[] {
  const T = node.attr?.['T'] ?? FLOAT;
  const name = `${node.name}/${step}`;
  if (step === 'BiasAdd') {
    const format = node.attr?.['data_format'];
    return [
      {
        name,
        op: 'BiasAdd',
        input: [input, take(args, step, node)],
        attr: format === undefined ? { T } : { T, data_format: format },
      },
    ];
  }
  if (step === 'Prelu') return prelu(name, input, take(args, step, node), T);
  if (step === 'LeakyRelu')
    return [{ name, op: step, input: [input], attr: { T, alpha: node.attr?.['leakyrelu_alpha'] ?? { f: 0.2 } } }];
  if (ACTIVATIONS.has(step)) return [{ name, op: step, input: [input], attr: { T } }];
  throw new PermanentError(
    'model_unsuitable',
    `node ${node.name} fuses ${node.op} with '${step}', which cannot be converted: add the original SavedModel instead`,
  );
}

/** max(0, x) - alpha × max(0, -x) */
function prelu(name: string, x: string, alpha: string, T: AttrJson): NodeJson[] {
  const unary = (suffix: string, op: string, input: string): NodeJson => ({
    name: `${name}/${suffix}`,
    op,
    input: [input],
    attr: { T },
  });
  return [
    unary('positive', 'Relu', x),
    unary('negated', 'Neg', x),
    unary('negative', 'Relu', `${name}/negated`),
    { name: `${name}/scaled`, op: 'Mul', input: [alpha, `${name}/negative`], attr: { T } },
    { name, op: 'Sub', input: [`${name}/positive`, `${name}/scaled`], attr: { T } },
  ];
}

function take(args: string[], step: string, node: NodeJson): string {
  const arg = args.shift();
  if (arg === undefined)
    throw new PermanentError('model_unsuitable', `node ${node.name} lacks the input of its ${step}`);
  return arg;
}

function pick(attrs: Readonly<Record<string, AttrJson>>, names: readonly string[]): Record<string, AttrJson> {
  return Object.fromEntries(names.flatMap((name) => (attrs[name] === undefined ? [] : [[name, attrs[name]]])));
}
