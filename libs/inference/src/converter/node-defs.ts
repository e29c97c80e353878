import { PermanentError } from '@pugmark/domain';
import { bytesOf, type AttrJson, type AttrListJson, type NodeJson, type ShapeJson } from './graph-json';
import { proto, type AttrList, type AttrValue, type NodeDef, type Tensor, type TensorShape } from './proto';

/** Converts a node to TensorFlow's form; `value` is a constant's value. */
export function nodeDef(json: NodeJson, value?: Tensor): NodeDef {
  const node = new proto.NodeDef();
  node.setName(json.name);
  node.setOp(json.op);
  for (const input of json.input ?? []) node.addInput(input);
  for (const [name, attr] of Object.entries(json.attr ?? {})) {
    // Annotations of other tools (`_output_shapes`, `_class`) can contradict the converted graph; devices are assigned
    // again.
    if (name.startsWith('_') || (name === 'value' && value !== undefined)) continue;
    node.getAttrMap().set(name, attrValue(attr, `${json.name}.${name}`));
  }
  if (value !== undefined) {
    const attr = new proto.AttrValue();
    attr.setTensor(value);
    node.getAttrMap().set('value', attr);
  }
  return node;
}

export function typeNumber(type: string | number | undefined): number {
  const number = typeof type === 'number' ? type : proto.DataType[type ?? ''];
  if (number === undefined)
    throw new PermanentError('model_unsuitable', `the graph has values of an unknown type '${type}'`);
  return number;
}

export function tensorShape(json: ShapeJson): TensorShape {
  const shape = new proto.TensorShape();
  if (json.unknownRank === true) shape.setUnknownRank(true);
  for (const { size = 0 } of json.dim ?? []) {
    const dim = new proto.TensorShape.Dim();
    dim.setSize(Number(size));
    shape.addDim(dim);
  }
  return shape;
}

function attrValue(json: AttrJson, where: string): AttrValue {
  const attr = new proto.AttrValue();
  if (json.s !== undefined) attr.setS(bytesOf(json.s));
  else if (json.i !== undefined) attr.setI(Number(json.i));
  else if (json.f !== undefined) attr.setF(Number(json.f));
  else if (json.b !== undefined) attr.setB(json.b);
  else if (json.type !== undefined) attr.setType(typeNumber(json.type));
  else if (json.shape !== undefined) attr.setShape(tensorShape(json.shape));
  else if (json.list !== undefined) attr.setList(attrList(json.list));
  else
    throw new PermanentError(
      'model_unsuitable',
      `attribute ${where} of the graph is of a kind that cannot be converted: add the original SavedModel instead`,
    );
  return attr;
}

function attrList(json: AttrListJson): AttrList {
  const list = new proto.AttrValue.ListValue();
  for (const s of json.s ?? []) list.addS(bytesOf(s));
  for (const i of json.i ?? []) list.addI(Number(i));
  for (const f of json.f ?? []) list.addF(Number(f));
  for (const b of json.b ?? []) list.addB(b);
  for (const type of json.type ?? []) list.addType(typeNumber(type));
  for (const shape of json.shape ?? []) list.addShape(tensorShape(shape));
  return list;
}
