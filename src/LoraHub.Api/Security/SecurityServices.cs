namespace LoraHub.Api.Security;

static class SecurityServices
{
    /// <summary>Keys, and who may ask for what.</summary>
    public static IServiceCollection AddSecurity(this IServiceCollection services) => services.AddSingleton<DataKeys>();
}
