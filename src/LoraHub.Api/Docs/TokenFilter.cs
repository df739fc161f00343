using LoraHub.Api.Security;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace LoraHub.Api.Docs;

/// <summary>Has the page send the token that a person gave it, wherever one may be wanted. It wants none itself: without, everything can be tried.</summary>
sealed class TokenFilter(IOptions<AuthOptions> auth) : IOperationFilter
{
    public const string Scheme = "token";

    public static OpenApiSecurityScheme Document { get; } = new()
    {
        Type = SecuritySchemeType.Http,
        Scheme = "bearer",
        Description = "A token of this service, where it has any (`lorahub tokens new NAME` makes one).",
    };

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var isOpen = context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<IAllowAnonymous>().Any();
        var isReplicate = context.ApiDescription.RelativePath!.StartsWith("v1/", StringComparison.Ordinal);
        if (!isOpen && (isReplicate || auth.Value.Bare == BareAccess.Token))
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [] }];
        }
    }
}
