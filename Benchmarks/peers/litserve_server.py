"""LitServe server of the benchmark: the same ONNX file, run by ONNX Runtime inside LitServe's inference workers.

usage: litserve_server.py MODEL PORT [--workers N] [--api-servers N] [--fast-queue] [--batch N --batch-timeout SECONDS]
"""

import argparse

import litserve
import numpy
import onnxruntime


class OnnxAPI(litserve.LitAPI):
    def __init__(self, model_path: str, **settings):
        super().__init__(**settings)
        self.model_path = model_path

    def setup(self, device):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(self.model_path, options, providers=["CPUExecutionProvider"])
        self.input_name = self.session.get_inputs()[0].name
        self.output_names = [output.name for output in self.session.get_outputs()]

    def decode_request(self, request):
        return numpy.asarray([request["input"]], dtype=numpy.float32)

    def batch(self, inputs):
        return numpy.concatenate(inputs)

    def predict(self, rows):
        return self.session.run(self.output_names, {self.input_name: rows})

    def unbatch(self, outputs):
        return [[value[row : row + 1] for value in outputs] for row in range(len(outputs[0]))]

    def encode_response(self, outputs):
        return {name: value.ravel().tolist() for name, value in zip(self.output_names, outputs)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("port", type=int)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--api-servers", type=int, default=1)
    parser.add_argument("--fast-queue", action="store_true")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--batch-timeout", type=float, default=0.0)
    arguments = parser.parse_args()
    api = OnnxAPI(arguments.model, max_batch_size=arguments.batch, batch_timeout=arguments.batch_timeout)
    server = litserve.LitServer(
        api, accelerator="cpu", workers_per_device=arguments.workers, fast_queue=arguments.fast_queue
    )
    server.run(
        host="127.0.0.1",
        port=arguments.port,
        num_api_servers=arguments.api_servers,
        generate_client_file=False,
        log_level="error",
        access_log=False,
    )


if __name__ == "__main__":
    main()
