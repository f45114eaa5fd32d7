//! A small quantised graph, written by hand, comes out as floats in the right places.
#![allow(clippy::unwrap_used)]

use super::*;

fn text(message: &mut Message, number: u32, text: &str) {
    message.push(number, Value::Bytes(text.as_bytes().to_vec()));
}

fn tensor_of(name: &str, kind: i64, dims: &[u64], raw: Vec<u8>) -> Message {
    let mut message = Message::default();
    for dim in dims {
        message.push(tensor::DIMS, Value::Varint(*dim));
    }
    message.push(tensor::DATA_TYPE, Value::Varint(kind.cast_unsigned()));
    text(&mut message, tensor::NAME, name);
    message.push(tensor::RAW_DATA, Value::Bytes(raw));
    message
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn node_of(kind: &str, inputs: &[&str], output: &str, integers: &[(&str, i64)]) -> Message {
    let mut node = Message::default();
    for input in inputs {
        text(&mut node, node::INPUT, input);
    }
    text(&mut node, node::OUTPUT, output);
    text(&mut node, node::OP_TYPE, kind);
    for (name, value) in integers {
        let mut attribute = Message::default();
        text(&mut attribute, node::ATTRIBUTE_NAME, name);
        attribute.push(
            node::ATTRIBUTE_INTEGER,
            Value::Varint(value.cast_unsigned()),
        );
        node.push(node::ATTRIBUTE, Value::Bytes(attribute.to_bytes()));
    }
    node
}

fn model(nodes: &[Message], initializers: &[Message], inputs: &[&str]) -> Vec<u8> {
    let mut graph = Message::default();
    for node in nodes {
        graph.push(graph::NODE, Value::Bytes(node.to_bytes()));
    }
    for initializer in initializers {
        graph.push(graph::INITIALIZER, Value::Bytes(initializer.to_bytes()));
    }
    for name in inputs {
        let mut input = Message::default();
        text(&mut input, graph::INPUT_NAME, name);
        graph.push(graph::INPUT, Value::Bytes(input.to_bytes()));
    }
    let mut model = Message::default();
    model.push(model::IR_VERSION, Value::Varint(10));
    model.push(model::GRAPH, Value::Bytes(graph.to_bytes()));
    model.to_bytes()
}

fn graph_of(bytes: &[u8]) -> Message {
    let model = Message::parse(bytes).unwrap();
    Message::parse(model.all(model::GRAPH).next().unwrap()).unwrap()
}

#[test]
fn blocks_become_floats_and_helpers_vanish() {
    // Two rows of four, one scale for every two neighbours along axis 1, then reshaped to 2×2×2.
    let quantised: Vec<u8> = [1_i8, 2, 3, 4, -1, -2, -3, -4]
        .map(i8::cast_unsigned)
        .to_vec();
    let initializers = [
        tensor_of("q", tensor::INT8, &[2, 4], quantised),
        tensor_of("s", tensor::FLOAT, &[2, 2], floats(&[0.5, 1.0, 2.0, 4.0])),
        tensor_of("z", tensor::INT8, &[2, 2], vec![0, 1, 0, 0xFF]),
        tensor_of(
            "shape",
            tensor::INT64,
            &[3],
            [2_i64, -1, 2].map(i64::to_le_bytes).concat(),
        ),
        tensor_of("bias", tensor::FLOAT, &[1], floats(&[9.0])),
    ];
    let nodes = [
        node_of(
            "DequantizeLinear",
            &["q", "s", "z"],
            "d",
            &[("axis", 1), ("block_size", 2)],
        ),
        node_of("Reshape", &["d", "shape"], "w", &[]),
        node_of("Conv", &["x", "w", "bias"], "c", &[]),
        node_of("Dropout", &["c"], "e", &[]),
        node_of(
            "BatchNormalization",
            &["e"],
            "out",
            &[("spatial", 1), ("training_mode", 0), ("other", 3)],
        ),
    ];
    let bytes = to_float(&model(&nodes, &initializers, &["x", "bias", "q"])).unwrap();
    let graph = graph_of(&bytes);

    let kinds: Vec<String> = graph
        .messages(graph::NODE)
        .unwrap()
        .iter()
        .map(|node| node.text(node::OP_TYPE).unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["Conv", "BatchNormalization"]);
    let normalise = &graph.messages(graph::NODE).unwrap()[1];
    assert_eq!(normalise.texts(node::INPUT).unwrap(), ["c"]);
    assert_eq!(normalise.messages(node::ATTRIBUTE).unwrap().len(), 1);

    let weights = graph.messages(graph::INITIALIZER).unwrap();
    let names: Vec<&str> = weights
        .iter()
        .map(|w| w.text(tensor::NAME).unwrap())
        .collect();
    assert_eq!(names, ["bias", "w"]);
    let w = Tensor::of(&weights[1]).unwrap();
    assert_eq!(w.dims, [2, 2, 2]);
    assert_eq!(w.values, [0.5, 1.0, 2.0, 3.0, -2.0, -4.0, -8.0, -12.0]);

    let inputs = graph.messages(graph::INPUT).unwrap();
    assert_eq!(inputs.len(), 1);
    assert_eq!(inputs[0].text(graph::INPUT_NAME).unwrap(), "x");
}

#[test]
fn one_scale_a_channel_and_one_for_all() {
    let x = Tensor {
        dims: vec![2, 2],
        values: vec![1.0, 2.0, 3.0, 4.0],
    };
    let a_channel = Tensor {
        dims: vec![2],
        values: vec![10.0, 100.0],
    };
    let for_all = Tensor {
        dims: vec![],
        values: vec![0.5],
    };
    let rows = dequantise(x.clone(), &a_channel, None, 0, 0).unwrap();
    assert_eq!(rows.values, [10.0, 20.0, 300.0, 400.0]);
    let columns = dequantise(x.clone(), &a_channel, None, -1, 0).unwrap();
    assert_eq!(columns.values, [10.0, 200.0, 30.0, 400.0]);
    let all = dequantise(x, &for_all, None, 1, 0).unwrap();
    assert_eq!(all.values, [0.5, 1.0, 1.5, 2.0]);
}

#[test]
fn scales_that_do_not_fit_are_refused() {
    let x = Tensor {
        dims: vec![2, 4],
        values: vec![1.0; 8],
    };
    let scale = Tensor {
        dims: vec![2, 3],
        values: vec![1.0; 6],
    };
    assert!(dequantise(x.clone(), &scale, None, 1, 2).is_err());
    assert!(dequantise(x.clone(), &scale, None, 1, 0).is_err());
    assert!(dequantise(x, &scale, None, 5, 0).is_err());
    assert!(to_float(b"no onnx at all").is_err());
}
