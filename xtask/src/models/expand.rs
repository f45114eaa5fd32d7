//! Expands an ONNX graph with block-quantised weights into plain float32, so that OpenCV 4.6 reads it.
//!
//! The published small files store weights as int8 with a scale a block and turn them back inside the
//! graph (DequantizeLinear, then Reshape). We do that once: the weights become float32 initialisers
//! and the nodes vanish. No arithmetic of the net itself changes. Along the way Dropout, which does
//! nothing when a net is used, and two attributes of BatchNormalization that OpenCV stumbles over go,
//! and the graph is declared as opset 11.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result, bail, ensure};

use super::protobuf::{Message, Value};

// Field numbers of onnx.proto.
mod model {
    pub(super) const IR_VERSION: u32 = 1;
    pub(super) const GRAPH: u32 = 7;
    pub(super) const OPSET_IMPORT: u32 = 8;
}
mod graph {
    pub(super) const NODE: u32 = 1;
    pub(super) const INITIALIZER: u32 = 5;
    pub(super) const INPUT: u32 = 11;
    /// `name` of ValueInfoProto
    pub(super) const INPUT_NAME: u32 = 1;
}
mod node {
    pub(super) const INPUT: u32 = 1;
    pub(super) const OUTPUT: u32 = 2;
    pub(super) const OP_TYPE: u32 = 4;
    pub(super) const ATTRIBUTE: u32 = 5;
    /// `name`, `i` and `t` of AttributeProto
    pub(super) const ATTRIBUTE_NAME: u32 = 1;
    pub(super) const ATTRIBUTE_INTEGER: u32 = 3;
    pub(super) const ATTRIBUTE_TENSOR: u32 = 5;
}
mod tensor {
    pub(super) const DIMS: u32 = 1;
    pub(super) const DATA_TYPE: u32 = 2;
    pub(super) const INT32_DATA: u32 = 5;
    pub(super) const INT64_DATA: u32 = 7;
    pub(super) const NAME: u32 = 8;
    pub(super) const RAW_DATA: u32 = 9;
    /// Values of `data_type`
    pub(super) const FLOAT: i64 = 1;
    pub(super) const UINT8: i64 = 2;
    pub(super) const INT8: i64 = 3;
    pub(super) const INT32: i64 = 6;
    pub(super) const INT64: i64 = 7;
}

/// The version OpenCV 4.6 knows best.
const OPSET: u64 = 11;
const IR_VERSION: u64 = 6;

/// The same net with float32 weights.
pub(super) fn to_float(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut model = Message::parse(bytes).context("no ONNX file")?;
    let graph = model.all(model::GRAPH).next().context("no graph")?;
    let graph = expand(Message::parse(graph)?)?;
    model.replace(model::GRAPH, [Value::Bytes(graph.to_bytes())]);
    let mut opset = Message::default();
    opset.push(1, Value::Bytes(Vec::new()));
    opset.push(2, Value::Varint(OPSET));
    model.replace(model::OPSET_IMPORT, [Value::Bytes(opset.to_bytes())]);
    model.replace(model::IR_VERSION, [Value::Varint(IR_VERSION)]);
    Ok(model.to_bytes())
}

fn expand(mut graph: Message) -> Result<Message> {
    let initializers = graph.messages(graph::INITIALIZER)?;
    let nodes = graph.messages(graph::NODE)?;
    let mut constants = Constants::of(&initializers, &nodes)?;

    // Weights first: what can be computed now leaves the graph.
    let mut kept = Vec::new();
    let mut folded: Vec<(String, Tensor)> = Vec::new();
    for node in nodes {
        match constants.fold(&node)? {
            Some(tensor) => {
                let name = output(&node)?;
                constants.computed.insert(name.clone(), tensor.clone());
                folded.push((name, tensor));
            }
            None => kept.push(node),
        }
    }
    let mut used = HashSet::new();
    for node in &kept {
        used.extend(node.texts(node::INPUT)?);
    }

    let mut weights = Vec::new();
    let mut names = HashSet::new();
    for initializer in &initializers {
        let name = initializer.text(tensor::NAME)?;
        names.insert(name.to_owned());
        if used.contains(name) {
            weights.push(Value::Bytes(initializer.to_bytes()));
        }
    }
    for (name, tensor) in &folded {
        names.insert(name.clone());
        if used.contains(name) {
            weights.push(Value::Bytes(tensor.to_message(name).to_bytes()));
        }
    }
    // Old files list weights among the inputs; an input is what the caller brings.
    let mut inputs = Vec::new();
    for input in graph.messages(graph::INPUT)? {
        let name = input.text(graph::INPUT_NAME)?;
        if used.contains(name) && !names.contains(name) {
            inputs.push(Value::Bytes(input.to_bytes()));
        }
    }
    let nodes = simplify(kept)?;
    let nodes = nodes.iter().map(|node| Value::Bytes(node.to_bytes()));
    graph.replace(graph::NODE, nodes);
    graph.replace(graph::INITIALIZER, weights);
    graph.replace(graph::INPUT, inputs);
    Ok(graph)
}

/// Bridges Dropout and trims BatchNormalization to what inference needs.
fn simplify(nodes: Vec<Message>) -> Result<Vec<Message>> {
    let mut renamed: HashMap<String, String> = HashMap::new();
    let mut simple = Vec::new();
    for mut node in nodes {
        let inputs = node.texts(node::INPUT)?.into_iter();
        let inputs: Vec<String> = inputs
            .map(|name| renamed.get(&name).cloned().unwrap_or(name))
            .collect();
        match node.text(node::OP_TYPE)? {
            "Dropout" => {
                let from = inputs.first().context("Dropout without input")?.clone();
                renamed.insert(output(&node)?, from);
                continue;
            }
            "BatchNormalization" => {
                let mut attributes = Vec::new();
                for attribute in node.messages(node::ATTRIBUTE)? {
                    let name = attribute.text(node::ATTRIBUTE_NAME)?;
                    if !matches!(name, "training_mode" | "spatial") {
                        attributes.push(Value::Bytes(attribute.to_bytes()));
                    }
                }
                node.replace(node::ATTRIBUTE, attributes);
                let first = output(&node)?;
                node.replace(node::OUTPUT, [Value::Bytes(first.into_bytes())]);
            }
            _ => {}
        }
        let inputs = inputs
            .into_iter()
            .map(|name| Value::Bytes(name.into_bytes()));
        node.replace(node::INPUT, inputs);
        simple.push(node);
    }
    Ok(simple)
}

/// Tensors known before the net runs.
struct Constants {
    stored: HashMap<String, Message>,
    /// Weights made float so far; they may be reshaped.
    computed: HashMap<String, Tensor>,
}

impl Constants {
    fn of(initializers: &[Message], nodes: &[Message]) -> Result<Self> {
        let mut stored = HashMap::new();
        for tensor in initializers {
            stored.insert(tensor.text(tensor::NAME)?.to_owned(), tensor.clone());
        }
        for node in nodes {
            if node.text(node::OP_TYPE)? != "Constant" {
                continue;
            }
            for attribute in node.messages(node::ATTRIBUTE)? {
                if let Some(tensor) = attribute.all(node::ATTRIBUTE_TENSOR).next() {
                    stored.insert(output(node)?, Message::parse(tensor)?);
                }
            }
        }
        Ok(Self {
            stored,
            computed: HashMap::new(),
        })
    }

    /// What a node yields, when that is known already; `None` when the node must stay.
    fn fold(&self, node: &Message) -> Result<Option<Tensor>> {
        let inputs = node.texts(node::INPUT)?;
        let Some(first) = inputs.first() else {
            return Ok(None);
        };
        match node.text(node::OP_TYPE)? {
            "DequantizeLinear" if self.stored.contains_key(first) => {
                let quantised = self.floats(first)?;
                let scale = self.floats(inputs.get(1).context("no scale")?)?;
                let zero = match inputs.get(2).map(String::as_str) {
                    None | Some("") => None,
                    Some(name) => Some(self.floats(name)?),
                };
                let axis = integer(node, "axis")?.unwrap_or(1);
                let block = integer(node, "block_size")?.unwrap_or(0);
                dequantise(quantised, &scale, zero.as_ref(), axis, block)
                    .with_context(|| first.clone())
                    .map(Some)
            }
            "Reshape" => match self.computed.get(first) {
                Some(tensor) => {
                    let shape = self.shape(inputs.get(1).context("no shape")?)?;
                    tensor.clone().reshaped(&shape).map(Some)
                }
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn floats(&self, name: &str) -> Result<Tensor> {
        let stored = self.stored.get(name);
        Tensor::of(stored.with_context(|| format!("{name} is no constant"))?)
            .with_context(|| name.to_owned())
    }

    fn shape(&self, name: &str) -> Result<Vec<i64>> {
        let tensor = self.stored.get(name).context("the shape is no constant")?;
        ensure!(
            data_type(tensor)? == tensor::INT64,
            "{name} is no list of integers"
        );
        match tensor.all(tensor::RAW_DATA).next() {
            Some(raw) => Ok(raw
                .as_chunks()
                .0
                .iter()
                .map(|v| i64::from_le_bytes(*v))
                .collect()),
            None => tensor.integers(tensor::INT64_DATA),
        }
    }
}

/// A tensor whose numbers were read as float32.
#[derive(Clone, Debug, PartialEq)]
struct Tensor {
    dims: Vec<usize>,
    values: Vec<f32>,
}

impl Tensor {
    fn of(message: &Message) -> Result<Self> {
        let dims = message.integers(tensor::DIMS)?;
        let dims: Vec<usize> = dims
            .into_iter()
            .map(|dim| usize::try_from(dim).context("a negative length"))
            .collect::<Result<_>>()?;
        let raw = message.all(tensor::RAW_DATA).next();
        let data_type = data_type(message)?;
        // int8 and int32 may also stand as varints (onnx.proto, TensorProto.int32_data)
        let listed = || -> Result<Vec<f32>> {
            let integers = message.integers(tensor::INT32_DATA)?.into_iter();
            Ok(integers.map(|v| v as i32 as f32).collect())
        };
        let values: Vec<f32> = match (data_type, raw) {
            (tensor::FLOAT, Some(raw)) => raw
                .as_chunks()
                .0
                .iter()
                .map(|v| f32::from_le_bytes(*v))
                .collect(),
            (tensor::INT32, Some(raw)) => raw
                .as_chunks()
                .0
                .iter()
                .map(|v| i32::from_le_bytes(*v) as f32)
                .collect(),
            (tensor::INT8, Some(raw)) => raw.iter().map(|v| f32::from(v.cast_signed())).collect(),
            (tensor::UINT8, Some(raw)) => raw.iter().map(|v| f32::from(*v)).collect(),
            (tensor::INT8 | tensor::UINT8 | tensor::INT32, None) => listed()?,
            (other, _) => bail!("numbers of type {other} are not expected among weights"),
        };
        let count = dims
            .iter()
            .try_fold(1_usize, |product, dim| product.checked_mul(*dim));
        ensure!(
            count == Some(values.len()),
            "the numbers do not fill the shape"
        );
        Ok(Self { dims, values })
    }

    fn reshaped(mut self, shape: &[i64]) -> Result<Self> {
        let count = self.values.len();
        let mut dims = Vec::new();
        for (index, length) in shape.iter().enumerate() {
            dims.push(match length {
                // ONNX Reshape: 0 keeps the length, −1 takes what is left
                0 => *self.dims.get(index).context("no length to keep")?,
                -1 => {
                    let others = shape.iter().filter(|l| **l != -1).product::<i64>();
                    let others = usize::try_from(others)?;
                    count.checked_div(others).context("an empty shape")?
                }
                length => usize::try_from(*length)?,
            });
        }
        ensure!(
            dims.iter().product::<usize>() == count,
            "the shape does not fit"
        );
        self.dims = dims;
        Ok(self)
    }

    fn to_message(&self, name: &str) -> Message {
        let mut message = Message::default();
        for dim in &self.dims {
            message.push(tensor::DIMS, Value::Varint(*dim as u64));
        }
        message.push(
            tensor::DATA_TYPE,
            Value::Varint(tensor::FLOAT.cast_unsigned()),
        );
        message.push(tensor::NAME, Value::Bytes(name.as_bytes().to_vec()));
        let raw = self.values.iter().flat_map(|v| v.to_le_bytes()).collect();
        message.push(tensor::RAW_DATA, Value::Bytes(raw));
        message
    }
}

/// ONNX DequantizeLinear: `(x − zero) · scale`, with one scale for all, one a slice along `axis`, or one
/// for every `block` neighbours along it.
fn dequantise(
    mut x: Tensor,
    scale: &Tensor,
    zero: Option<&Tensor>,
    axis: i64,
    block: i64,
) -> Result<Tensor> {
    let rank = x.dims.len();
    ensure!(rank > 0, "a scalar needs no expanding");
    let axis = match axis {
        _ if rank == 1 => 0,
        negative if negative < 0 => usize::try_from(negative + rank as i64)?,
        axis => usize::try_from(axis)?,
    };
    ensure!(axis < rank, "axis {axis} of {rank}");
    let length = x.dims[axis];
    let inner: usize = x.dims[axis + 1..].iter().product();
    let block = usize::try_from(block)?;
    let mut expected = x.dims.clone();
    expected[axis] = length.div_ceil(block.max(1));
    let blocks = expected[axis];
    if block > 0 {
        ensure!(
            scale.dims == expected,
            "scales {:?}, expected {expected:?}",
            scale.dims
        );
    } else {
        let count = scale.values.len();
        ensure!(
            scale.dims.len() <= 1 && (count == 1 || count == length),
            "scales {:?} along {length}",
            scale.dims
        );
    }
    if let Some(zero) = zero {
        ensure!(zero.dims == scale.dims, "zero points unlike scales");
    }
    for (index, value) in x.values.iter_mut().enumerate() {
        let (outer, along, rest) = (
            index / inner / length,
            index / inner % length,
            index % inner,
        );
        let at = match (block, scale.values.len()) {
            (0, 1) => 0,
            (0, _) => along,
            (block, _) => (outer * blocks + along / block) * inner + rest,
        };
        *value = (*value - zero.map_or(0.0, |zero| zero.values[at])) * scale.values[at];
    }
    Ok(x)
}

fn data_type(tensor: &Message) -> Result<i64> {
    let types = tensor.integers(tensor::DATA_TYPE)?;
    types.first().copied().context("a tensor without type")
}

fn integer(node: &Message, name: &str) -> Result<Option<i64>> {
    for attribute in node.messages(node::ATTRIBUTE)? {
        if attribute.text(node::ATTRIBUTE_NAME)? == name {
            return Ok(attribute
                .integers(node::ATTRIBUTE_INTEGER)?
                .first()
                .copied());
        }
    }
    Ok(None)
}

fn output(node: &Message) -> Result<String> {
    let outputs = node.texts(node::OUTPUT)?;
    outputs.into_iter().next().context("a node without output")
}

#[cfg(test)]
mod tests;
