namespace LoraHub.Api.Tests.Support;

/// <summary>Inputs that are refused before any work: the JSON, the invalid field, and a part of the error message.</summary>
static class BadInputs
{
    public static TheoryData<string, string, string> Cases => new()
    {
        { """{"example_inputs": "a\nb", "example_outputs": "c"}""", "example_outputs",
            "Number of input and output do not match: 2 example_inputs, 1 example_outputs" },
        { """{"example_inputs": "", "example_outputs": ""}""", "example_inputs", "There is no example" },
        { """{"example_inputs": [], "example_outputs": []}""", "example_inputs", "There is no example" },
        { """{"example_inputs": 5}""", "example_inputs", "5 is not of type \"string\"" },
        { """{"example_inputs": ["a", 5]}""", "example_inputs", "every entry must be a string" },
        { """{"test_inputs": "a", "test_outputs": "b\nc"}""", "test_outputs", "Number of input and output do not match" },
        { """{"lora_modules_specified": "lorahub/plural"}""", "lora_modules_specified",
            "`lorahub/plural` is not recognized. Did you mean `lorahub/plurals`" },
        { """{"lora_modules_specified": "lorahub/plurals, lorahub/plurals"}""", "lora_modules_specified", "`lorahub/plurals` is named twice" },
        { """{"lora_modules_specified": "lorahub/broken"}""", "lora_modules_specified", "adapter_model.bin is truncated." },
        { """{"lora_modules_specified": ","}""", "lora_modules_specified", "no module name" },
        { """{"module_weights": {"lorahub/plural": 1}}""", "module_weights", "is not recognized" },
        { """{"module_weights": {"lorahub/plurals": "a lot"}}""", "module_weights", "must be a finite number" },
        { """{"module_weights": "{\"a\": 1, \"a\": 2}"}""", "module_weights", "not valid JSON" },
        { """{"num_random_lora_modules": 1}""", "num_random_lora_modules", "1 is less than the minimum of 2" },
        { """{"num_random_lora_modules": 197}""", "num_random_lora_modules", "197 is greater than the maximum of 196" },
        { """{"num_random_lora_modules": 100}""", "num_random_lora_modules", "the pool holds 30" },
        { """{"max_inference_step": 9}""", "max_inference_step", "9 is less than the minimum of 10" },
        { """{"max_inference_step": 101}""", "max_inference_step", "101 is greater than the maximum of 100" },
        { """{"max_inference_step": "20"}""", "max_inference_step", "is not of type \"integer\"" },
        { """{"max_inference_step": 20.5}""", "max_inference_step", "is not of type \"integer\"" },
        { """{"max_inference_step": true}""", "max_inference_step", "is not of type \"integer\"" },
        { """{"seed": 1e300}""", "seed", "is not of type \"integer\"" },
        { """{"seed": [1]}""", "seed", "is not of type \"integer\"" },
        { """{"max_new_tokens": 0}""", "max_new_tokens", "0 is less than the minimum of 1" },
        { """{"composition": "sum"}""", "composition", "is not one of factors, delta" },
        { """{"objective": {}}""", "objective", "is not of type \"string\"" },
        { """{"optimizer": "adam"}""", "optimizer", "is not one of" },
        { """{"output_format": "pickle"}""", "output_format", "is not one of adapter, checkpoint" },
    };

    /// <summary>Bodies that are not JSON, or that parsers read differently.</summary>
    public static TheoryData<string> NotJson =>
    [
        "{",
        "not json",
        """{"input": {},}""",
        """{"input": {}} {}""",
        """{"input": {}, "input": {}}""",
        """{"input": {"seed": 1, "seed": 2}}""",
        """{"input": {"example_inputs": "\ud800"}}""",
        """{"\udfff": 1}""",
        """{"input": {"seed": NaN}}""",
        new string('[', 10_000),
        string.Concat(Enumerable.Repeat("""{"a":""", 64)) + "1" + new string('}', 64),
    ];
}
