using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Text;

namespace LoraHub.Bench.Costs;

/// <summary>A request that costs its sender little.</summary>
/// <param name="Name">What it is, for the table.</param>
sealed record HostileBody(string Name, HttpMethod Method, string Path, string MediaType, byte[] Content)
{
    const int MiB = 1 << 20;

    /// <summary>The bodies of DEFECTS 1.2 and 1.6 and others of their kinds.</summary>
    public static IEnumerable<HostileBody> All()
    {
        yield return Json("an empty input", "");
        yield return Json("30 MB of numbers in an unknown input", $"\"x\": [{Repeated("1,", 15_000_000)}1]");
        yield return Json("30 MB of empty objects", $"\"x\": [{Repeated("{},", 10_000_000)}1]");
        yield return Json("30 MB of members", string.Join(',', Enumerable.Range(0, 2_000_000).Select(i => $"\"k{i:x6}\":1")));
        yield return Json("30 MB of arrays in arrays", $"\"x\": [{Repeated("[[[]]],", 4_300_000)}1]");
        yield return Json("22 MiB of short test inputs", $"\"test_inputs\": \"{Repeated("a\\n", 7_700_000)}\"");
        yield return Json("22 MiB of short test inputs as an array", $"\"test_inputs\": \"[{Repeated("\\\"a\\\",", 3_800_000)}1]\"");
        yield return Json("9 MiB in one line", $"\"test_inputs\": \"{Repeated("ab ", 3_100_000)}\"");
        yield return Json("a data URL of 60 MiB", $"\"example_inputs\": \"data:text/plain;base64,{Repeated("YQph", 15 * MiB)}\"");
        yield return Module("a module of 300,000 by 300,000, rank 1", 300_000, 300_000, 1, 1);
        yield return Module("a module of 131,072 by 131,072, rank 1", 131_072, 131_072, 1, 1);
        yield return Module("a module of 200 matrices of 65,536 by 65,536, rank 1", 65_536, 65_536, 1, 100);
        yield return Module("a module of rank 4096", 4096, 4096, 4096, 1);
    }

    public HttpRequestMessage Message()
    {
        var content = new ByteArrayContent(Content);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(MediaType);
        return new HttpRequestMessage(Method, Path) { Content = content };
    }

    static HostileBody Json(string name, string input) =>
        new(name, HttpMethod.Post, "/predictions", "application/json", Encoding.UTF8.GetBytes("{\"input\": {" + input + "}}"));

    static string Repeated(string text, int count) => new StringBuilder(text.Length * count).Insert(0, text, count).ToString();

    /// <summary>An upload of one adapter whose factors hold zeros.</summary>
    static HostileBody Module(string name, int inputs, int outputs, int rank, int layers)
    {
        const string Boundary = "bench-boundary";
        var config = $$"""{"peft_type": "LORA", "r": {{rank}}, "lora_alpha": 1, "base_model_name_or_path": "nobody/unknown"}""";
        using var body = new MemoryStream();
        Part("adapter_config.json", Encoding.UTF8.GetBytes(config));
        Part("adapter_model.safetensors", Weights(inputs, outputs, rank, layers));
        Part("README.md", "# A module\n"u8.ToArray());
        body.Write(Encoding.UTF8.GetBytes($"--{Boundary}--\r\n"));
        var id = name.Replace(' ', '-').Replace(",", "", StringComparison.Ordinal);
        return new HostileBody(
            name, HttpMethod.Post, $"/v1/modules/bench/{id}/versions", $"multipart/form-data; boundary={Boundary}", body.ToArray());

        void Part(string file, byte[] content)
        {
            body.Write(Encoding.UTF8.GetBytes($"--{Boundary}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{file}\"\r\n\r\n"));
            body.Write(content);
            body.Write("\r\n"u8);
        }
    }

    static byte[] Weights(int inputs, int outputs, int rank, int layers)
    {
        var tensors = Enumerable.Range(0, layers).SelectMany(layer => ((string, int, int)[])
        [
            ($"base_model.model.encoder.block.{layer}.layer.0.SelfAttention.q.lora_A.weight", rank, inputs),
            ($"base_model.model.encoder.block.{layer}.layer.0.SelfAttention.q.lora_B.weight", outputs, rank),
        ]);
        var (header, end) = (new StringBuilder("{"), 0L);
        foreach (var (tensor, rows, columns) in tensors)
        {
            var size = 4L * rows * columns;
            header.Append(header.Length > 1 ? "," : "").Append($$"""
                "{{tensor}}":{"dtype":"F32","shape":[{{rows}},{{columns}}],"data_offsets":[{{end}},{{end + size}}]}
                """);
            end += size;
        }

        var text = Encoding.UTF8.GetBytes(header.Append('}').ToString());
        var file = new byte[8 + text.Length + end];
        BinaryPrimitives.WriteInt64LittleEndian(file, text.Length);
        text.CopyTo(file, 8);
        return file;
    }
}
