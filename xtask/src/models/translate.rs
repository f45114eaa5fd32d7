//! Translates a TFLite graph of convolutions into ONNX, so that OpenCV 4.6 reads it.
//!
//! The net's arithmetic stays: weights are laid out as ONNX wants them (channels first), TensorFlow's uneven "same" padding
//! is written out, and the five operations with which TFLite spells a parametric ReLU, max(x, 0) + a·(x − |x|), become the
//! one they stand for, with slope 2a. A batch of several pictures becomes one picture. Any other operation is refused.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};

use super::flatbuffer::Table;
use super::protobuf::{Message, Value};

// Field numbers of the TFLite schema, version 3.
mod model {
    pub(super) const OPERATOR_CODES: usize = 1;
    pub(super) const SUBGRAPHS: usize = 2;
    pub(super) const BUFFERS: usize = 4;
}
mod subgraph {
    pub(super) const TENSORS: usize = 0;
    pub(super) const INPUTS: usize = 1;
    pub(super) const OUTPUTS: usize = 2;
    pub(super) const OPERATORS: usize = 3;
}
mod tensor {
    pub(super) const SHAPE: usize = 0;
    pub(super) const TYPE: usize = 1;
    pub(super) const BUFFER: usize = 2;
    pub(super) const FLOAT32: u8 = 0;
}
mod operator {
    pub(super) const CODE: usize = 0;
    pub(super) const INPUTS: usize = 1;
    pub(super) const OUTPUTS: usize = 2;
    pub(super) const OPTIONS: usize = 4;
    /// Of `OperatorCode`
    pub(super) const BUILTIN: usize = 0;
}
/// Of `Conv2DOptions` and `DepthwiseConv2DOptions`.
mod convolution {
    pub(super) const PADDING: usize = 0;
    pub(super) const STRIDE_ACROSS: usize = 1;
    pub(super) const STRIDE_DOWN: usize = 2;
    /// The fourth of a plain convolution, the fifth of a depthwise one, which has its multiplier before.
    pub(super) const ACTIVATION: usize = 3;
    pub(super) const DEPTH_ACTIVATION: usize = 4;
    pub(super) const SAME: u8 = 0;
}

// Values of `BuiltinOperator`.
const ADD: u8 = 0;
const CONV_2D: u8 = 3;
const DEPTHWISE_CONV_2D: u8 = 4;
const MUL: u8 = 18;
const RELU: u8 = 19;
const RESHAPE: u8 = 22;
const SUB: u8 = 41;
const ABS: u8 = 101;

/// As in `expand.rs`: what OpenCV 4.6 knows best.
const OPSET: u64 = 11;
const IR_VERSION: u64 = 6;

/// The same net as ONNX, for one picture, channels first.
pub(super) fn to_onnx(bytes: &[u8]) -> Result<Vec<u8>> {
    let model = Table::root(bytes).context("no TFLite file")?;
    let subgraphs = model.tables(model::SUBGRAPHS)?;
    let [subgraph] = subgraphs.as_slice() else {
        bail!("{} graphs, one is read", subgraphs.len());
    };
    let graph = Graph::of(&model, subgraph)?;
    let mut onnx = Onnx::default();
    let mut names: HashMap<i32, String> = HashMap::new();
    let (input, output) = (one(&graph.inputs)?, one(&graph.outputs)?);
    names.insert(input, "input".to_owned());
    let mut at = 0;
    while let Some(step) = graph.steps.get(at) {
        let name = |names: &HashMap<i32, String>, tensor: i32| {
            names
                .get(&tensor)
                .cloned()
                .context("used before it is made")
        };
        let made = one(&step.outputs)?;
        let label = match made == output {
            true => "embedding".to_owned(),
            false => format!("t{made}"),
        };
        let steps = match step.code {
            CONV_2D | DEPTHWISE_CONV_2D => {
                let from = name(&names, *step.inputs.first().context("no input")?)?;
                graph.convolution(step, &from, &label, &mut onnx)?;
                names.insert(made, label);
                1
            }
            RELU => {
                let (slope, made) = graph.parametric(at)?;
                let from = name(&names, one(&step.inputs)?)?;
                let label = format!("t{made}");
                onnx.parametric(&from, &label, &slope);
                names.insert(made, label);
                5
            }
            ADD => {
                let [a, b] = step.inputs[..] else {
                    bail!("a sum of {}", step.inputs.len());
                };
                onnx.node("Add", &[&name(&names, a)?, &name(&names, b)?], &label, &[]);
                names.insert(made, label);
                1
            }
            RESHAPE => {
                let from = name(&names, *step.inputs.first().context("no input")?)?;
                onnx.node("Flatten", &[&from], &label, &[]);
                names.insert(made, label);
                1
            }
            other => bail!("operation {other} is not translated"),
        };
        at += steps;
    }
    ensure!(
        names.get(&output).is_some_and(|name| name == "embedding"),
        "nothing makes the output"
    );
    onnx.finish(&graph.shape(input)?, &graph.shape(output)?)
}

/// A TFLite graph, its operations in the order they are carried out.
struct Graph<'a> {
    tensors: Vec<Table<'a>>,
    buffers: Vec<Table<'a>>,
    inputs: Vec<i32>,
    outputs: Vec<i32>,
    steps: Vec<Step<'a>>,
}

struct Step<'a> {
    code: u8,
    inputs: Vec<i32>,
    outputs: Vec<i32>,
    options: Option<Table<'a>>,
}

impl<'a> Graph<'a> {
    fn of(model: &Table<'a>, subgraph: &Table<'a>) -> Result<Self> {
        let codes = model.tables(model::OPERATOR_CODES)?;
        let mut steps = Vec::new();
        for operator in subgraph.tables(subgraph::OPERATORS)? {
            let index = usize::try_from(operator.integer(operator::CODE, 0)?)?;
            let code = codes.get(index).context("an unknown operation")?;
            steps.push(Step {
                code: code.byte(operator::BUILTIN)?,
                inputs: operator.integers(operator::INPUTS)?,
                outputs: operator.integers(operator::OUTPUTS)?,
                options: operator.table(operator::OPTIONS)?,
            });
        }
        Ok(Self {
            tensors: subgraph.tables(subgraph::TENSORS)?,
            buffers: model.tables(model::BUFFERS)?,
            inputs: subgraph.integers(subgraph::INPUTS)?,
            outputs: subgraph.integers(subgraph::OUTPUTS)?,
            steps,
        })
    }

    fn tensor(&self, number: i32) -> Result<&Table<'a>> {
        let place = usize::try_from(number)?;
        self.tensors.get(place).context("no such tensor")
    }

    fn shape(&self, number: i32) -> Result<Vec<usize>> {
        let shape = self.tensor(number)?.integers(tensor::SHAPE)?;
        shape
            .into_iter()
            .map(|side| Ok(usize::try_from(side)?))
            .collect()
    }

    /// A tensor's constant values; empty for one that is computed.
    fn values(&self, number: i32) -> Result<Vec<f32>> {
        let tensor = self.tensor(number)?;
        ensure!(
            tensor.byte(tensor::TYPE)? == tensor::FLOAT32,
            "weights that are no float32"
        );
        let buffer = usize::try_from(tensor.integer(tensor::BUFFER, 0)?)?;
        let bytes = self
            .buffers
            .get(buffer)
            .context("no such buffer")?
            .bytes(0)?;
        let value = |bytes: &[u8]| Ok(f32::from_le_bytes(bytes.try_into()?));
        bytes.chunks_exact(4).map(value).collect()
    }

    fn convolution(&self, step: &Step<'_>, from: &str, to: &str, onnx: &mut Onnx) -> Result<()> {
        let [input, weights, bias] = step.inputs[..] else {
            bail!("a convolution of {}", step.inputs.len());
        };
        let options = step.options.context("a convolution without options")?;
        let deep = step.code == DEPTHWISE_CONV_2D;
        let activation = match deep {
            true => convolution::DEPTH_ACTIVATION,
            false => convolution::ACTIVATION,
        };
        ensure!(options.byte(activation)? == 0, "a fused activation");
        let [_, height, width, _] = self.shape(input)?[..] else {
            bail!("a convolution of no picture");
        };
        let [outputs, down, across, inputs] = self.shape(weights)?[..] else {
            bail!("weights that are no window");
        };
        let values = self.values(weights)?;
        ensure!(
            values.len() == outputs * down * across * inputs,
            "weights that do not fill their shape"
        );
        // TFLite: output, down, across, input; a depthwise one has its channels last. ONNX: output, input, down, across.
        let (count, each) = match deep {
            true => (inputs, outputs),
            false => (outputs, inputs),
        };
        let mut ordered = Vec::with_capacity(values.len());
        for output in 0..count {
            for input in 0..each {
                for place in 0..down * across {
                    ordered.push(match deep {
                        true => values[(input * down * across + place) * count + output],
                        false => values[(output * down * across + place) * each + input],
                    });
                }
            }
        }
        let strides = [
            usize::try_from(options.integer(convolution::STRIDE_DOWN, 1)?)?,
            usize::try_from(options.integer(convolution::STRIDE_ACROSS, 1)?)?,
        ];
        let mut from = from.to_owned();
        let mut pads = [0; 4];
        if options.byte(convolution::PADDING)? == convolution::SAME {
            let [top, bottom] = same(height, down, strides[0])?;
            let [left, right] = same(width, across, strides[1])?;
            pads = [top, left, bottom, right];
        }
        if pads[..2] != pads[2..] {
            // OpenCV's convolution pads evenly only.
            let padded = format!("{to}.padded");
            onnx.pad(&from, &padded, pads);
            (from, pads) = (padded, [0; 4]);
        }
        let names = [format!("{to}.weights"), format!("{to}.bias")];
        onnx.weights(&names[0], &[count, each, down, across], &ordered);
        onnx.weights(&names[1], &[count], &self.values(bias)?);
        let attributes = [
            integers("kernel_shape", &[down, across]),
            integers("strides", &strides),
            integers("pads", &pads),
            integer("group", if deep { count } else { 1 }),
        ];
        onnx.node("Conv", &[&from, &names[0], &names[1]], to, &attributes);
        Ok(())
    }

    /// The slope of the parametric ReLU that begins here, and what it makes.
    fn parametric(&self, at: usize) -> Result<(Vec<f32>, i32)> {
        let steps = self.steps.get(at..at + 5).context("a ReLU alone")?;
        let codes: Vec<u8> = steps.iter().map(|step| step.code).collect();
        ensure!(
            codes == [RELU, ABS, SUB, MUL, ADD],
            "a ReLU followed by {codes:?}"
        );
        let [relu, abs, sub, mul, add] = steps else {
            bail!("a ReLU cut short");
        };
        let from = one(&relu.inputs)?;
        let made = |step: &Step<'_>| one(&step.outputs);
        let [slope, difference] = mul.inputs[..] else {
            bail!("a product of {}", mul.inputs.len());
        };
        let chained = one(&abs.inputs)? == from
            && sub.inputs == [from, made(abs)?]
            && difference == made(sub)?
            && add.inputs.contains(&made(relu)?)
            && add.inputs.contains(&made(mul)?);
        ensure!(chained, "a ReLU that is no parametric one");
        let slope = self.values(slope)?;
        ensure!(!slope.is_empty(), "a slope that is computed");
        Ok((slope.iter().map(|a| 2.0 * a).collect(), made(add)?))
    }
}

fn one(list: &[i32]) -> Result<i32> {
    match list {
        [only] => Ok(*only),
        _ => bail!("{} tensors where one is meant", list.len()),
    }
}

/// TensorFlow's "same": as much as is needed for ceil(size / stride) results, the odd pixel at the end.
fn same(size: usize, window: usize, stride: usize) -> Result<[usize; 2]> {
    ensure!(stride > 0, "no stride");
    let wanted = size.div_ceil(stride).saturating_sub(1) * stride + window;
    let pad = wanted.saturating_sub(size);
    Ok([pad / 2, pad - pad / 2])
}

// Field numbers of onnx.proto.
const NODE: u32 = 1;
const GRAPH_NAME: u32 = 2;
const INITIALIZER: u32 = 5;
const INPUT: u32 = 11;
const OUTPUT: u32 = 12;

/// An ONNX graph as it grows.
#[derive(Default)]
struct Onnx {
    graph: Message,
    count: usize,
}

impl Onnx {
    fn node(&mut self, kind: &str, inputs: &[&str], output: &str, attributes: &[Message]) {
        let mut node = Message::default();
        for input in inputs {
            node.push(1, text(input));
        }
        node.push(2, text(output));
        node.push(3, text(&format!("n{}", self.count)));
        node.push(4, text(kind));
        for attribute in attributes {
            node.push(5, Value::Bytes(attribute.to_bytes()));
        }
        self.count += 1;
        self.graph.push(NODE, Value::Bytes(node.to_bytes()));
    }

    fn weights(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        let raw = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.tensor(name, shape, 1, raw);
    }

    fn tensor(&mut self, name: &str, shape: &[usize], data_type: u64, raw: Vec<u8>) {
        let mut tensor = Message::default();
        for side in shape {
            tensor.push(1, Value::Varint(*side as u64));
        }
        tensor.push(2, Value::Varint(data_type));
        tensor.push(8, text(name));
        tensor.push(9, Value::Bytes(raw));
        self.graph
            .push(INITIALIZER, Value::Bytes(tensor.to_bytes()));
    }

    fn parametric(&mut self, from: &str, to: &str, slope: &[f32]) {
        let name = format!("{to}.slope");
        self.weights(&name, &[slope.len(), 1, 1], slope);
        self.node("PRelu", &[from, &name], to, &[]);
    }

    fn pad(&mut self, from: &str, to: &str, [top, left, bottom, right]: [usize; 4]) {
        let name = format!("{to}.pads");
        let pads = [0, 0, top, left, 0, 0, bottom, right];
        let raw = pads
            .iter()
            .flat_map(|pad| (*pad as i64).to_le_bytes())
            .collect();
        self.tensor(&name, &[pads.len()], 7, raw);
        let mut mode = attribute("mode", 3);
        mode.push(4, text("constant"));
        self.node("Pad", &[from, &name], to, &[mode]);
    }

    fn finish(mut self, input: &[usize], output: &[usize]) -> Result<Vec<u8>> {
        let [_, height, width, channels] = input[..] else {
            bail!("the input is no picture");
        };
        let [_, length] = output[..] else {
            bail!("the output is no list");
        };
        self.graph.push(GRAPH_NAME, text("translated"));
        let picture = value("input", &[1, channels, height, width]);
        self.graph.push(INPUT, Value::Bytes(picture.to_bytes()));
        let list = value("embedding", &[1, length]);
        self.graph.push(OUTPUT, Value::Bytes(list.to_bytes()));
        let mut opset = Message::default();
        opset.push(1, Value::Bytes(Vec::new()));
        opset.push(2, Value::Varint(OPSET));
        let mut model = Message::default();
        model.push(1, Value::Varint(IR_VERSION));
        model.push(7, Value::Bytes(self.graph.to_bytes()));
        model.push(8, Value::Bytes(opset.to_bytes()));
        Ok(model.to_bytes())
    }
}

fn text(text: &str) -> Value {
    Value::Bytes(text.as_bytes().to_vec())
}

/// An `AttributeProto` of this type (2 integer, 3 string, 7 integers), without its value.
fn attribute(name: &str, kind: u64) -> Message {
    let mut attribute = Message::default();
    attribute.push(1, text(name));
    attribute.push(20, Value::Varint(kind));
    attribute
}

fn integer(name: &str, value: usize) -> Message {
    let mut attribute = attribute(name, 2);
    attribute.push(3, Value::Varint(value as u64));
    attribute
}

fn integers(name: &str, values: &[usize]) -> Message {
    let mut attribute = attribute(name, 7);
    for value in values {
        attribute.push(8, Value::Varint(*value as u64));
    }
    attribute
}

/// A `ValueInfoProto` of float32.
fn value(name: &str, shape: &[usize]) -> Message {
    let mut sides = Message::default();
    for side in shape {
        let mut dimension = Message::default();
        dimension.push(1, Value::Varint(*side as u64));
        sides.push(1, Value::Bytes(dimension.to_bytes()));
    }
    let mut tensor = Message::default();
    tensor.push(1, Value::Varint(1));
    tensor.push(2, Value::Bytes(sides.to_bytes()));
    let mut kind = Message::default();
    kind.push(1, Value::Bytes(tensor.to_bytes()));
    let mut value = Message::default();
    value.push(1, text(name));
    value.push(2, Value::Bytes(kind.to_bytes()));
    value
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn same_is_tensorflows() {
        // 112 by windows of 3: by twos one pixel at the end, by ones one at either side.
        assert_eq!(same(112, 3, 2).unwrap(), [0, 1]);
        assert_eq!(same(112, 3, 1).unwrap(), [1, 1]);
        assert_eq!(same(7, 1, 1).unwrap(), [0, 0]);
        assert!(same(7, 1, 0).is_err());
    }

    #[test]
    fn what_is_no_tflite_file_is_refused() {
        for bytes in [&b""[..], b"TFL3", &[0; 64], &[255; 64]] {
            assert!(to_onnx(bytes).is_err());
        }
    }
}
