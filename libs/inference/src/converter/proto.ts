/**
 * TensorFlow's protocol buffers, as the classes in the native binding's package (google-protobuf, without types); the
 * parts that are used are typed here. Field numbers and meaning: tensorflow/core/framework/*.proto,
 * tensorflow/core/protobuf/*.proto.
 */
import protobufs from '@tensorflow/tfjs-node-gpu/dist/proto/api_pb';

export interface Message {
  serializeBinary(): Uint8Array;
}

export interface ProtoMap<T> {
  set(key: string, value: T): void;
  get(key: string): T | undefined;
  keys(): IterableIterator<string>;
}

export interface NodeDef extends Message {
  getName(): string;
  setName(name: string): void;
  setOp(op: string): void;
  addInput(input: string): void;
  getAttrMap(): ProtoMap<AttrValue>;
}

export interface AttrValue extends Message {
  setS(value: Uint8Array): void;
  setI(value: number): void;
  setF(value: number): void;
  setB(value: boolean): void;
  setType(value: number): void;
  setShape(value: TensorShape): void;
  setTensor(value: Tensor): void;
  setList(value: AttrList): void;
}

export interface AttrList extends Message {
  addS(value: Uint8Array): void;
  addI(value: number): void;
  addF(value: number): void;
  addB(value: boolean): void;
  addType(value: number): void;
  addShape(value: TensorShape): void;
  addTensor(value: Tensor): void;
}

export interface TensorShape extends Message {
  addDim(dim: TensorShapeDim): void;
  setUnknownRank(value: boolean): void;
  getDimList(): TensorShapeDim[];
}

export interface TensorShapeDim extends Message {
  setSize(size: number): void;
  getSize(): number;
  setName(name: string): void;
}

export interface Tensor extends Message {
  setDtype(type: number): void;
  setTensorShape(shape: TensorShape): void;
  setTensorContent(bytes: Uint8Array): void;
  addStringVal(value: Uint8Array): void;
}

export interface GraphDef extends Message {
  addNode(node: NodeDef): void;
  setVersions(versions: VersionDef): void;
}

export interface VersionDef extends Message {
  setProducer(version: number): void;
}

export interface TensorInfo extends Message {
  setName(name: string): void;
  getName(): string;
  setDtype(type: number): void;
  getDtype(): number;
  setTensorShape(shape: TensorShape): void;
  getTensorShape(): TensorShape | undefined;
}

export interface SignatureDef extends Message {
  getInputsMap(): ProtoMap<TensorInfo>;
  getOutputsMap(): ProtoMap<TensorInfo>;
  setMethodName(name: string): void;
}

export interface MetaInfoDef extends Message {
  addTags(tag: string): void;
  getTagsList(): string[];
}

export interface MetaGraphDef extends Message {
  setMetaInfoDef(info: MetaInfoDef): void;
  getMetaInfoDef(): MetaInfoDef | undefined;
  setGraphDef(graph: GraphDef): void;
  getSignatureDefMap(): ProtoMap<SignatureDef>;
}

export interface SavedModel extends Message {
  setSavedModelSchemaVersion(version: number): void;
  addMetaGraphs(graph: MetaGraphDef): void;
  getMetaGraphsList(): MetaGraphDef[];
}

interface Protobufs {
  readonly AttrValue: { new (): AttrValue; readonly ListValue: new () => AttrList };
  readonly NodeDef: new () => NodeDef;
  readonly Tensor: new () => Tensor;
  readonly TensorShape: { new (): TensorShape; readonly Dim: new () => TensorShapeDim };
  readonly GraphDef: new () => GraphDef;
  readonly VersionDef: new () => VersionDef;
  readonly TensorInfo: new () => TensorInfo;
  readonly SignatureDef: new () => SignatureDef;
  readonly MetaGraphDef: { new (): MetaGraphDef; readonly MetaInfoDef: new () => MetaInfoDef };
  readonly SavedModel: { new (): SavedModel; deserializeBinary(bytes: Uint8Array): SavedModel };
  /** Numbers of data types: `DT_FLOAT` → 1 and so on. */
  readonly DataType: Readonly<Record<string, number>>;
}

export const proto = protobufs as Protobufs;
