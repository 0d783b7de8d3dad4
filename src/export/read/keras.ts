import { CyclopsError } from '../../base/errors.js';

// Keras writes things that tfjs refuses or, worse, ignores. Before anything else reads a model.json, they are said in
// layers that mean the same to the exporter and to tfjs: those of verify/keras-layers.ts where tfjs has none.

type Json = Record<string, unknown>;

/**
 * A `model.json` with Keras' own forms said in plain layers: `model_config` unwrapped, Keras 3's nodes, operators as layers
 * (`x / 255`, `x + y`), ReLU with a slope, Softmax along any axis, grouped convolutions, bilinear UpSampling2D (Keras reads
 * at pixel centres, tfjs at their corners), SpatialDropout2D.
 * @param owner names the file in errors.
 * @throws CyclopsError `EXPORT_UNSUPPORTED` for an operator that cannot be said so.
 */
export function normalizeKeras(file: unknown, owner: string): unknown {
  if (!isRecord(file) || !isRecord(file.modelTopology)) return file;
  const { model_config: wrapped, ...topology } = file.modelTopology;
  const model = isRecord(wrapped) ? wrapped : topology;
  const context = { owner, isKeras: isOfKeras(file, topology) };
  return { ...file, modelTopology: { ...topology, ...normalizeModel(model, context) } };
}

interface Context {
  readonly owner: string;
  /** Whether Keras trained the model; tfjs' own bilinear upsampling differs. */
  readonly isKeras: boolean;
}

function isOfKeras(file: Json, { keras_version: version }: Json): boolean {
  const says = (text: unknown): boolean => typeof text === 'string' && /^keras/i.test(text);
  return says(file.generatedBy) || (typeof version === 'string' && !version.startsWith('tfjs'));
}

function normalizeModel(model: Json, context: Context): Json {
  const { config } = model;
  if (Array.isArray(config)) return { ...model, config: config.map((layer) => normalizeLayer(layer, context)) };
  if (!isRecord(config) || !Array.isArray(config.layers)) return model;
  return {
    ...model,
    config: {
      ...config,
      layers: config.layers.map((layer) => normalizeLayer(layer, context)),
      // Keras 3 leaves out the outer list of a single one.
      ...(config.input_layers === undefined ? {} : { input_layers: listOfReferences(config.input_layers) }),
      ...(config.output_layers === undefined ? {} : { output_layers: listOfReferences(config.output_layers) }),
    },
  };
}

function listOfReferences(value: unknown): unknown {
  return Array.isArray(value) && typeof value[0] === 'string' ? [value] : value;
}

function normalizeLayer(layer: unknown, context: Context): unknown {
  if (!isRecord(layer) || !isRecord(layer.config)) return layer;
  const { module: _module, registered_name: _registered, build_config: _built, ...plain } = layer;
  const nodes = plain.inbound_nodes === undefined ? {} : { inbound_nodes: plainNodes(plain.inbound_nodes) };
  const read = { ...plain, config: layer.config, ...nodes } as Json & { config: Json };
  const { class_name: className, config } = read;
  switch (className) {
    case 'Model':
    case 'Functional':
    case 'Sequential':
      return normalizeModel(read, context);
    case 'TFOpLambda':
      return operatorLayer(read, context);
    case 'ReLU':
      return sayRelu(read);
    case 'LeakyReLU':
      return withConfig(read, 'LeakyReLU', rename(config, 'negative_slope', 'alpha'));
    case 'Softmax':
      return [config.axis].flat().at(0) === -1 ? read : withConfig(read, 'AxisSoftmax', config);
    case 'Conv2D':
      return typeof config.groups === 'number' && config.groups !== 1
        ? withConfig(read, 'GroupedConv2D', config)
        : withConfig(read, 'Conv2D', without(config, 'groups', 1));
    case 'UpSampling2D':
      return context.isKeras && config.interpolation === 'bilinear'
        ? withConfig(read, 'BilinearUpSampling2D', config)
        : read;
    case 'SpatialDropout2D':
      return withConfig(read, 'Dropout', { name: config.name ?? layer.name ?? '', rate: config.rate ?? 0 });
    case 'DepthwiseConv2D':
      return withConfig(read, 'DepthwiseConv2D', without(config, 'groups', 1));
    default:
      return read;
  }
}

function withConfig(layer: Json, className: string, config: Json): Json {
  return { ...layer, class_name: className, config };
}

/** Left out where it says nothing; another value stays, and the converter refuses it. */
function without(config: Json, key: string, neutral: unknown): Json {
  if (config[key] !== neutral && config[key] !== null) return config;
  const { [key]: _, ...rest } = config;
  return rest;
}

function rename(config: Json, from: string, to: string): Json {
  if (config[from] === undefined) return config;
  const { [from]: value, ...rest } = config;
  return { ...rest, [to]: value };
}

/** ReLU with a slope below 0 is LeakyReLU; with a threshold or a bound beside the slope it stays, to be refused. */
function sayRelu(layer: Json & { config: Json }): Json {
  const plain = without(without(layer.config, 'threshold', 0), 'negative_slope', 0);
  const { negative_slope: slope, max_value: highest, ...rest } = plain;
  const isLeaky = slope !== undefined && (highest === null || highest === undefined) && rest.threshold === undefined;
  return isLeaky ? withConfig(layer, 'LeakyReLU', { ...rest, alpha: slope }) : withConfig(layer, 'ReLU', plain);
}

const arithmetic: Readonly<Record<string, string>> = {
  'math.add': 'add',
  '__operators__.add': 'add',
  'math.subtract': 'subtract',
  'math.multiply': 'multiply',
  'math.truediv': 'divide',
  'math.divide': 'divide',
};

const functions: Readonly<Record<string, string>> = {
  'nn.relu': 'relu',
  'nn.relu6': 'relu6',
  'nn.elu': 'elu',
  'nn.softplus': 'softplus',
  'nn.silu': 'swish',
  'nn.swish': 'swish',
  'math.sigmoid': 'sigmoid',
  'nn.sigmoid': 'sigmoid',
  'math.tanh': 'tanh',
  'nn.tanh': 'tanh',
};

/** An operator that Keras 2 recorded as a layer: the first argument stands in the node, the others beside it. */
function operatorLayer(layer: Json & { config: Json }, { owner }: Context): Json {
  const name = String(layer.config.function);
  const fail = (reason: string): never => {
    throw new CyclopsError(
      'EXPORT_UNSUPPORTED',
      `${owner}: layer "${String(layer.config.name)}" (TFOpLambda ${name}) ${reason}; supported operators: ${Object.keys({ ...arithmetic, ...functions }).join(', ')}`,
    );
  };
  const nodes = (layer.inbound_nodes ?? []) as unknown[];
  const [node] = nodes;
  if (nodes.length !== 1 || !Array.isArray(node)) return fail('expected to be used once');
  const [from, call, tensor, args] = (Array.isArray(node[0]) ? node[0] : node) as [unknown, unknown, unknown, unknown];
  const { name: _name, ...given } = isRecord(args) ? args : {};
  const own = { name: layer.config.name };
  const first = typeof from === 'string' && from !== '_CONSTANT_VALUE' ? [from, call, tensor, {}] : undefined;
  const activation = functions[name];
  if (activation !== undefined && first !== undefined) {
    if (Object.keys(given).length > 0) return fail(`has settings that are not understood: ${Object.keys(given)}`);
    return { ...withConfig(layer, 'Activation', { ...own, activation }), inbound_nodes: [[first]] };
  }
  const op = arithmetic[name];
  const { y, ...more } = given;
  if (op === undefined || Object.keys(more).length > 0) return fail('cannot be exported');
  if (first === undefined) {
    // `1 - x`: the constant stands where the first tensor would.
    if (typeof tensor !== 'number' || !isReference(y)) return fail('has operands that are not understood');
    return {
      ...withConfig(layer, 'Arithmetic', { ...own, op, constant: tensor, reversed: true }),
      inbound_nodes: [[[...y, {}]]],
    };
  }
  if (typeof y === 'number') {
    return { ...withConfig(layer, 'Arithmetic', { ...own, op, constant: y }), inbound_nodes: [[first]] };
  }
  if (!isReference(y)) return fail('has operands that are not understood');
  return { ...withConfig(layer, 'Arithmetic', { ...own, op }), inbound_nodes: [[first, [...y, {}]]] };
}

function isReference(value: unknown): value is [string, number, number] {
  return Array.isArray(value) && value.length >= 3 && typeof value[0] === 'string' && typeof value[1] === 'number';
}

/** Keras 3 writes `{ args, kwargs }` with tensors that name their maker; Keras 2 and tfjs the makers alone. */
function plainNodes(nodes: unknown): unknown {
  if (!Array.isArray(nodes)) return nodes;
  return nodes.map((node) => {
    if (!isRecord(node) || !Array.isArray(node.args)) return node;
    return node.args.flat().flatMap((argument) => {
      const history = isRecord(argument) && isRecord(argument.config) ? argument.config.keras_history : undefined;
      return Array.isArray(history) ? [[...history, {}]] : [];
    });
  });
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
